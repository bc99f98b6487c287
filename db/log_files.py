"""The logs of programs: bounded while they are written, and never the reason why something stops."""

import os
import subprocess
from pathlib import Path
from typing import IO

MAX_BYTES = 5 << 20
GENERATIONS = 3
"""Older parts that are kept beside the current one; a program that writes fast loses what is older."""


def open_log(path: Path) -> IO[bytes] | int:
    """The file to write to, at its end; none where a full disk has no room for it.

    It has to be opened for appending: then it can be emptied while a program writes.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(path, "ab")
    except OSError:
        return subprocess.DEVNULL


def keep_small(path: Path) -> None:
    """Once the log is large, move what it has into an older generation, or drop that on a full disk."""
    try:
        size = path.stat().st_size
    except OSError:
        return
    if size <= MAX_BYTES:
        return
    try:
        for number in range(GENERATIONS, 1, -1):
            if (younger := _generation(path, number - 1)).exists():
                younger.replace(_generation(path, number))
        with open(path, "rb") as log:
            log.seek(max(0, size - 2 * MAX_BYTES))
            _generation(path, 1).write_bytes(log.read(2 * MAX_BYTES))
    except OSError:
        _drop(_generation(path, 1))
    try:
        os.truncate(path, 0)
    except OSError:
        return


def _generation(path: Path, number: int) -> Path:
    return path.with_suffix(f".{number}{path.suffix}")


def _drop(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
