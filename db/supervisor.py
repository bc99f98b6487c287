"""Starts the processes of a workbench, restarts those that die (with a back-off), and stops them all.

A program that holds a network nobody needs ends by itself, and is started again once it is needed.

A program is started again once its whole family is gone (`db.families`). A lock on the data folder allows
one launcher at a time. The process ids are stored, so that the next launcher can stop the processes of one
that was killed.
"""

import fcntl
import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil
import structlog

from db import families, log_files

log = structlog.get_logger()

FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
STABLE_AFTER = 60.0
"""Seconds after which a process counts as stable and its restart delay is reset."""
KILL_AFTER = 8.0
"""Seconds between SIGTERM and SIGKILL; leases make killing a worker safe."""
LEFTOVERS_KILLED_AFTER = 2.0
"""The same for what a killed launcher left: somebody waits for the site to come back."""
NEEDS_EVERY = 0.5
"""Seconds between two looks at whether a program is needed, and at the size of the logs."""


class AlreadyRunning(Exception):
    """Another launcher holds this data folder; the message says which."""


@dataclass
class Program:
    """A command to keep running; `ready` is waited for before the next program starts.

    With `is_needed` it runs on demand: it is started when that is true, and may end by itself.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] = lambda: True
    is_needed: Callable[[], bool] | None = None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    delay: float = FIRST_DELAY
    restart_at: float = 0.0


class Lock:
    """An exclusive hold on a data folder until released or until this process ends."""

    def __init__(self, path: Path, description: str) -> None:
        """Raises AlreadyRunning with the `description` that the holder of the lock gave."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file: IO[str] = open(path, "a+")  # noqa: SIM115 - held until the process ends
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            raise AlreadyRunning(self._file.read().strip()) from None
        self._file.truncate(0)
        self._file.write(description)
        self._file.flush()

    def release(self) -> None:
        self._file.close()


class Supervisor:
    """Runs `programs` until `stop` is set. `folder` holds their logs and the list of their processes."""

    def __init__(self, programs: Sequence[Program], folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._process_list = folder / "processes.json"
        self._is_stored = True
        self.stop = threading.Event()

    def start(self) -> None:
        """Start the programs in order, each once the one before it is ready; not those on demand.

        Raises RuntimeError if one ends before it is ready.
        """
        for program in self._programs:
            if program.is_needed is not None:
                continue
            self._launch(program)
            while not program.ready() and not self.stop.wait(0.05):
                if program.process is not None and program.process.poll() is not None:
                    raise RuntimeError(f"{program.name} did not start; see {self._log_path(program)}")

    def watch(self) -> None:
        """Restart programs that end, and start those that are needed, until `stop` is set; then stop all."""
        looked_at = 0.0
        try:
            while not self.stop.wait(0.2):
                look_for_needs = time.monotonic() - looked_at >= NEEDS_EVERY
                for program in self._programs:
                    self._note_end(program)
                    if program.is_needed is None or (look_for_needs and program.process is None):
                        self._launch_if_due(program)
                if look_for_needs:
                    looked_at = time.monotonic()
                    self._tend_files()
        finally:
            self.shut_down()

    def shut_down(self) -> None:
        """Stop all programs, the first one last: it is the broker of the others, if there is one."""
        for programs in (self._programs[1:], self._programs[:1]):
            families.stop([one.process.pid for one in programs if one.process], KILL_AFTER)
        self._process_list.unlink(missing_ok=True)

    def _tend_files(self) -> None:
        """Keep the logs small, and store what a full disk did not let us store."""
        for program in self._programs:
            log_files.keep_small(self._log_path(program))
        if not self._is_stored:
            self._store_processes()

    def _note_end(self, program: Program) -> None:
        if program.process is None or (code := program.process.poll()) is None:
            return
        families.stop([program.process.pid], patience=0)  # its children may hold its port
        program.process = None
        if code == 0 and program.is_needed is not None:
            return  # nobody needed it
        if time.monotonic() - program.started > STABLE_AFTER:
            program.delay = FIRST_DELAY
        log.warning("restarting", program=program.name, exit=code, seconds=program.delay)
        program.restart_at = time.monotonic() + program.delay
        program.delay = min(program.delay * 2, LONGEST_DELAY)

    def _launch_if_due(self, program: Program) -> None:
        if program.process is not None or time.monotonic() < program.restart_at:
            return
        if program.is_needed is None or program.is_needed():
            self._launch(program)

    def _launch(self, program: Program) -> None:
        output = log_files.open_log(self._log_path(program))
        try:
            program.process = subprocess.Popen(
                program.command,
                env={**os.environ, **program.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the launcher alone, which stops them in order
            )
        finally:
            if not isinstance(output, int):
                output.close()
        program.started = time.monotonic()
        self._store_processes()

    def _log_path(self, program: Program) -> Path:
        return self._folder / "logs" / f"{program.name}.log"

    def _store_processes(self) -> None:
        """Store [id, time of creation] of each running process; ids alone are reused by the system.

        On a full disk the list is an old one for a while.
        """
        pids = [pid for pid in _running_pids(self._programs) if psutil.pid_exists(pid)]
        draft = self._process_list.with_suffix(".new")
        try:
            draft.write_text(json.dumps([[pid, psutil.Process(pid).create_time()] for pid in pids]))
            draft.replace(self._process_list)
            self._is_stored = True
        except OSError as error:
            self._is_stored = False
            log.warning("processes_not_stored", error=str(error))

    def end_leftovers(self) -> None:
        """Stop the processes that a killed launcher left running, and those that these left."""
        if not self._process_list.exists():
            return
        leaders = [pid for pid, created in json.loads(self._process_list.read_text()) if _is(pid, created)]
        if left := families.members(leaders):
            log.warning("ending_leftovers", processes=[process.pid for process in left])
        families.stop(leaders, LEFTOVERS_KILLED_AFTER)


def _running_pids(programs: Sequence[Program]) -> list[int]:
    return [program.process.pid for program in programs if program.process and program.process.poll() is None]


def _is(pid: int, created: float) -> bool:
    """Whether no other process has got the id since; a program that is gone may have left others running."""
    try:
        return abs(psutil.Process(pid).create_time() - created) < 1
    except psutil.NoSuchProcess:
        return True
