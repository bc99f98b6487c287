"""Starts the processes of a workbench, restarts those that die (with a back-off), and stops them all.

A lock on the data folder allows one launcher at a time. The process ids are stored, so that the next
launcher can end what a killed one left running.
"""

import fcntl
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil
import structlog

log = structlog.get_logger()

FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
STEADY_AFTER = 60.0
"""Seconds after which a process counts as stable and its restart delay is reset."""
GRACE = 8.0
"""Seconds between SIGTERM and SIGKILL; leases make killing a worker safe."""
LARGEST_LOG = 5 << 20


class AlreadyRunning(Exception):
    """Another launcher holds this data folder; the message says which."""


@dataclass
class Program:
    """A command to keep running; `ready` is waited for before the next program starts."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] = lambda: True
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    delay: float = FIRST_DELAY
    restart_at: float = 0.0


class Lock:
    """An exclusive hold on a data folder until released or until this process ends."""

    def __init__(self, path: Path, about: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file: IO[str] = open(path, "a+")  # noqa: SIM115 - held until the process ends
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            raise AlreadyRunning(self._file.read().strip()) from None
        self._file.truncate(0)
        self._file.write(about)
        self._file.flush()

    def release(self) -> None:
        self._file.close()


class Supervisor:
    """Runs `programs` in order until `stop` is set. `folder` holds its notes and their logs."""

    def __init__(self, programs: Sequence[Program], folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._notes = folder / "processes.json"
        self.stop = threading.Event()

    def start(self) -> None:
        """Start every program, each once the one before it is ready."""

        for program in self._programs:
            self._launch(program)
            while not program.ready() and not self.stop.wait(0.05):
                if program.process is not None and program.process.poll() is not None:
                    raise RuntimeError(f"{program.name} did not start; see {self._log_path(program)}")

    def watch(self) -> None:
        """Restart processes that die until `stop` is set, then stop all."""
        try:
            while not self.stop.wait(0.2):
                for program in self._programs:
                    self._look_after(program)
        finally:
            self.shut_down()

    def shut_down(self) -> None:
        """Stop all programs, the last started first, so that the broker outlives its clients."""
        clients, first = list(self._programs[1:]), list(self._programs[:1])
        for batch in (clients, first):
            _end([psutil.Process(p.process.pid) for p in batch if p.process and p.process.poll() is None])
        self._notes.unlink(missing_ok=True)

    def _look_after(self, program: Program) -> None:
        if program.process is not None and (code := program.process.poll()) is not None:
            if time.monotonic() - program.started > STEADY_AFTER:
                program.delay = FIRST_DELAY
            log.warning("restarting", program=program.name, exit=code, seconds=program.delay)
            program.restart_at = time.monotonic() + program.delay
            program.delay = min(program.delay * 2, LONGEST_DELAY)
            program.process = None
        if program.process is None and time.monotonic() >= program.restart_at:
            self._launch(program)

    def _launch(self, program: Program) -> None:
        path = self._log_path(program)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.replace(path.with_suffix(".old.log"))
        with open(path, "ab") as output:
            program.process = subprocess.Popen(
                program.command,
                env={**os.environ, **program.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the launcher alone, which stops them in order
            )
        program.started = time.monotonic()
        self._note()

    def _log_path(self, program: Program) -> Path:
        return self._folder / "logs" / f"{program.name}.log"

    def _note(self) -> None:
        running = [p.process.pid for p in self._programs if p.process and p.process.poll() is None]
        notes = [[pid, psutil.Process(pid).create_time()] for pid in running if psutil.pid_exists(pid)]
        draft = self._notes.with_suffix(".new")
        draft.write_text(json.dumps(notes))
        draft.replace(self._notes)

    def end_leftovers(self) -> None:
        """End the processes that a killed launcher left running."""
        if not self._notes.exists():
            return
        left = []
        for pid, created in json.loads(self._notes.read_text()):
            try:
                process = psutil.Process(pid)
                if abs(process.create_time() - created) < 1:  # otherwise the id was reused
                    left.append(process)
            except psutil.NoSuchProcess:
                continue
        if left:
            log.warning("ending_leftovers", processes=[process.pid for process in left])
        _end(left)


def _end(processes: Sequence[psutil.Process]) -> None:
    """Stop the processes: SIGTERM first, SIGKILL after GRACE seconds, their children included."""
    family = [member for one in processes for member in [one, *_children(one)]]
    for one in processes:
        _signal(one, signal.SIGTERM)
    _, alive = psutil.wait_procs(family, timeout=GRACE)
    for one in alive:
        _signal(one, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=GRACE)


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
