"""Starts the processes of a workbench, restarts those that die (with a back-off), and stops them all.

A program that holds a network nobody needs ends by itself, and is started again once it is needed.

A program is started again once its whole family is gone (`db.families`). A lock on the data folder allows
one launcher at a time, and a list of the processes (`db.process_list`) lets the next one stop those of one
that was killed.
"""

import contextlib
import fcntl
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import structlog

from db import families, log_files
from db.process_list import ProcessList

log = structlog.get_logger()

FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
STABLE_AFTER = 60.0
"""Seconds after which a process counts as stable and its restart delay is reset."""
KILL_AFTER = 8.0
"""Seconds between SIGTERM and SIGKILL; leases make killing a worker safe."""
NEEDS_EVERY = 0.5
"""Seconds between two looks at whether a program is needed, and at the size of the logs."""


class AlreadyRunning(Exception):
    """Another launcher holds this data folder; the message says which."""


class DidNotStart(Exception):
    """A program ended before it was ready; the message says which, and where its log is."""


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
        with contextlib.suppress(OSError):  # without room for the text, the lock holds all the same
            self._file.truncate(0)
            os.write(self._file.fileno(), description.encode())

    def release(self) -> None:
        self._file.close()


class Supervisor:
    """Runs `programs` until `stop` is set. `folder` holds their logs and the list of their processes."""

    def __init__(self, programs: Sequence[Program], folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self.process_list = ProcessList(folder / "processes.json")
        self.stop = threading.Event()

    def start(self) -> None:
        """Start the programs in order, each once the one before it is ready; not those on demand.

        Raises DidNotStart if one ends before it is ready.
        """
        for program in self._programs:
            if program.is_needed is not None:
                continue
            self._launch(program)
            while not program.ready() and not self.stop.wait(0.05):
                if program.process is not None and program.process.poll() is not None:
                    raise DidNotStart(f"{program.name} did not start; see {self._log_path(program)}")

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
        self.process_list.delete()

    def _tend_files(self) -> None:
        """Keep the logs small, and store what a full disk did not let us store."""
        for program in self._programs:
            log_files.keep_small(self._log_path(program))
        if not self.process_list.is_stored:
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
        self._delay(program)

    def _delay(self, program: Program) -> None:
        program.restart_at = time.monotonic() + program.delay
        program.delay = min(program.delay * 2, LONGEST_DELAY)

    def _launch_if_due(self, program: Program) -> None:
        if program.process is not None or time.monotonic() < program.restart_at:
            return
        if program.is_needed is not None and not program.is_needed():
            return
        try:
            self._launch(program)
        except OSError as error:  # the machine is out of memory or processes for the moment
            log.warning("not_started", program=program.name, error=str(error))
            self._delay(program)

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
        running = [one.process for one in self._programs if one.process and one.process.poll() is None]
        self.process_list.store(process.pid for process in running)
