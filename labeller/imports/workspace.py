"""Private folders for what is unpacked: each is gone when its block ends, and soon after a kill."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from db.settings import settings

FOLDER = "unpacked"
"""In the data folder."""
_LOCK = ".lock"
"""A file in each folder, locked by the process that uses it: the system unlocks it when that dies."""


@contextmanager
def workspace() -> Iterator[Path]:
    """An empty folder for this process alone, deleted at the end of the block in every case."""
    with _alone() as parent:
        _delete_abandoned(parent)
        home = Path(tempfile.mkdtemp(dir=parent))  # mode 0700
        lock = _locked(home / _LOCK)
    try:
        inside = home / "content"
        inside.mkdir()
        yield inside
    finally:
        shutil.rmtree(home, ignore_errors=True)
        os.close(lock)


def delete_abandoned() -> None:
    """Delete the folders of processes that are gone."""
    if (settings().data / FOLDER).exists():
        with _alone() as parent:
            _delete_abandoned(parent)


@contextmanager
def _alone() -> Iterator[Path]:
    """The parent of all such folders, while no other process makes or deletes any."""
    parent = settings().data / FOLDER
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(parent, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield parent
    finally:
        os.close(lock)


def _delete_abandoned(parent: Path) -> None:
    for home in parent.iterdir():
        with suppress(BlockingIOError):  # in use
            lock = _locked(home / _LOCK)
            shutil.rmtree(home, ignore_errors=True)
            os.close(lock)


def _locked(path: Path) -> int:
    """A descriptor of the file that holds its lock. Raises BlockingIOError if another one does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor
