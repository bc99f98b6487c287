"""The processes of a program: its own, which leads a session, and all that it started and left behind."""

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Sequence

import psutil

GONE_WITHIN = 10.0
"""Seconds that a killed process may take to be gone; one that waits for a disk takes the longest."""


def members(leaders: Iterable[int]) -> list[psutil.Process]:
    """The processes of the sessions that these ids lead, the leaders included, and their descendants."""
    found: dict[int, psutil.Process] = {}
    sessions = set(leaders)
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
            if os.getsid(process.pid) in sessions:
                found[process.pid] = process
                found |= {child.pid: child for child in process.children(recursive=True)}
    return [process for process in found.values() if not is_gone(process)]


def stop(leaders: Sequence[int], patience: float) -> None:
    """Send the leaders SIGTERM; when they have ended, after `patience` seconds at most, SIGKILL who is left.

    Returns when all are gone with what they held, such as a port.
    """
    family = members(leaders)
    if patience:
        asked = [process for process in family if process.pid in leaders]
        for process in asked:
            _signal(process, signal.SIGTERM)
        wait_until_gone(asked, patience)
    killed = {process.pid: process for process in [*family, *members(leaders)] if not is_gone(process)}
    for process in killed.values():
        _signal(process, signal.SIGKILL)
    wait_until_gone(killed.values(), GONE_WITHIN)


def wait_until_gone(processes: Iterable[psutil.Process], seconds: float) -> None:
    """Wait for the end of all of them, but no longer."""
    until = time.monotonic() + seconds
    for process in processes:
        while not is_gone(process) and time.monotonic() < until:
            time.sleep(0.02)


def is_gone(process: psutil.Process) -> bool:
    """Whether it runs no longer. A killed process is a zombie while other threads of it still end."""
    try:
        if not process.is_running():
            return True
        return process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
    except psutil.Error:
        return True


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)
