"""How much of the disk is free, and how errors of a full one are told from others.

Below a floor nothing large is written any more, so that answers, which are small, still find room.
"""

import errno
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlparse

from db import outages
from db.errors import NoSpace
from db.settings import settings

LOOKED_AT_FOR = 2.0
"""Seconds for which a look at the disk is good."""
LARGEST_DEFAULT_FLOOR = 1 << 30
DEFAULT_FLOOR_SHARE = 0.05
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FULL_WORDS = (
    "no space left on device",
    "disk quota exceeded",
    "file too large",
    "database or disk is full",
    "misconf errors writing to the aof",
)
"""In messages of libraries that pass on no number: SQLite, PostgreSQL, Valkey and obstore."""
PERHAPS_FULL_WORDS = "disk i/o error"
"""SQLite says so when its index of the write-ahead log cannot grow, but also of a disk that is broken."""

_looked: tuple[float, tuple[str, int | None], "Space"] | None = None


@dataclass(frozen=True)
class Space:
    """Bytes that are free, and the bytes that are to stay free."""

    free: int
    floor: int

    @property
    def is_low(self) -> bool:
        return self.free < self.floor


def space() -> Space:
    """That of the disk, or of the disks, with the data folder and the blobs: the one with less to spare."""
    global _looked
    key = (settings().blobs, settings().min_free_mb)
    if _looked is None or _looked[1] != key or time.monotonic() - _looked[0] > LOOKED_AT_FOR:
        spaces = [_space_of(folder) for folder in _folders()]
        _looked = (time.monotonic(), key, min(spaces, key=lambda one: one.free - one.floor))
    return _looked[2]


def require_space(what: str = "Nothing is lost: try again once the owner has made room.") -> None:
    """Raises NoSpace while less than the floor is free; `what` says in words what to do."""
    if space().is_low:
        raise no_space(what)


def no_space(what: str = "Nothing is lost: try again once the owner has made room.") -> NoSpace:
    """The error to answer with when the disk is full."""
    return NoSpace("no_space", "The disk of this workbench is full.", what)


def is_full_error(error: BaseException | None) -> bool:
    """Whether the error, or one that caused it, says that the disk is full."""
    return any(map(_says_full, outages.causes(error)))


def _says_full(error: BaseException) -> bool:
    if isinstance(error, NoSpace) or (isinstance(error, OSError) and error.errno in FULL):
        return True
    text = str(error).lower()
    return any(words in text for words in FULL_WORDS) or (PERHAPS_FULL_WORDS in text and space().is_low)


def blobs_folder() -> Path | None:
    """The folder of the stored files; None if they are elsewhere."""
    url = urlparse(settings().blobs)
    return Path(unquote(url.path)) if url.scheme == "file" else None


def _folders() -> Iterator[Path]:
    yield settings().data
    if (folder := blobs_folder()) is not None:
        yield folder


def _space_of(folder: Path) -> Space:
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    if (wanted := settings().min_free_mb) is not None:
        return Space(usage.free, wanted << 20)
    return Space(usage.free, min(LARGEST_DEFAULT_FLOOR, int(usage.total * DEFAULT_FLOOR_SHARE)))
