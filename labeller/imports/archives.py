"""Archives as sequences of entries: zip, and tar plain or compressed by gzip, bzip2 or xz.

Nothing here trusts what an archive says of itself: how much is read and how far it is unpacked has bounds.
"""

import bz2
import gzip
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, cast

from db import disk
from labeller.errors import BadDataset

DAMAGED = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError, ValueError)
"""What reading a damaged archive raises; a ValueError also covers text that is in no encoding."""
MOST_DIRECTORY_BYTES = 64 << 20
"""Of the list at the end of a zip, which is read at once."""
LARGEST_READ = 8 << 20
"""Bytes. A tar's header that asks for more at once is no honest one."""


@dataclass(frozen=True)
class Entry:
    """`problem` says in words why it may not be unpacked; `size` is in bytes, as stated."""

    name: str
    size: int
    is_folder: bool
    problem: str | None
    source: zipfile.ZipInfo | tarfile.TarInfo


class Archive(Protocol):
    def entries(self) -> Iterator[Entry]:
        """All entries, from the first one; may be called again."""
        ...

    def open(self, entry: Entry) -> IO[bytes]: ...


def is_archive(path: Path) -> bool:
    """Whether the file begins like one of the archives that can be read."""
    return path.is_file() and (_is_zip(path) or _is_tar(path))


@contextmanager
def opened(path: Path, most_bytes: int) -> Iterator[Archive]:
    """The archive; a tar is unpacked up to `most_bytes`. Raises BadDataset for what is none, or damaged."""
    try:
        if _is_zip(path):
            _check_directory(path)
            with zipfile.ZipFile(path) as archive:
                yield _Zip(archive)
        elif _is_tar(path):
            with _uncompressed(path) as file:
                yield _Tar(_Bounded(file, most_bytes))
        else:
            raise BadDataset("no_archive", f"{path.name} is no zip and no tar.")
    except DAMAGED as error:
        if disk.is_full_error(error):
            raise
        raise BadDataset("bad_archive", f"{path.name} is damaged: {error}.", "Make it again.") from error


def _is_zip(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(4) in (b"PK\3\4", b"PK\5\6")


def _is_tar(path: Path) -> bool:
    try:
        with _uncompressed(path) as file:
            block = file.read(512)
        if len(block) < 512:
            return False
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except DAMAGED:
        return False
    return True


def _uncompressed(path: Path) -> IO[bytes]:
    with open(path, "rb") as file:
        start = file.read(6)
    if start.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.open(path))
    if start.startswith(b"BZh"):
        return bz2.open(path)
    return lzma.open(path) if start == b"\xfd7zXZ\0" else open(path, "rb")


def _check_directory(path: Path) -> None:
    """Raises BadDataset if the list of the zip's entries is too large to be read."""
    with open(path, "rb") as file:
        file.seek(max(0, path.stat().st_size - (66 << 10)))
        tail = file.read()
    end = tail.rfind(b"PK\5\6")
    if end < 0 or len(tail) < end + 22:
        raise BadDataset("bad_archive", f"{path.name} ends in the middle.", "Make or send it again.")
    size = struct.unpack_from("<L", tail, end + 12)[0]
    larger = tail.rfind(b"PK\6\6", 0, end)
    if size == 0xFFFFFFFF and larger >= 0 and len(tail) >= larger + 48:
        size = struct.unpack_from("<Q", tail, larger + 40)[0]
    if size > MOST_DIRECTORY_BYTES:
        raise BadDataset("too_many_files", f"{path.name} has too many files.", "Split it.")


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def entries(self) -> Iterator[Entry]:
        for info in self._archive.infolist():
            yield Entry(info.orig_filename, info.file_size, info.is_dir(), _problem_of(info), info)

    def open(self, entry: Entry) -> IO[bytes]:
        assert isinstance(entry.source, zipfile.ZipInfo)
        try:
            return self._archive.open(entry.source)
        except (NotImplementedError, RuntimeError) as error:
            raise BadDataset("bad_archive", f"{entry.name} is packed in a way that is not read.") from error


def _problem_of(info: zipfile.ZipInfo) -> str | None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if stat.S_ISLNK(kind):
        return "a symbolic link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "no ordinary file"
    return "encrypted" if info.flag_bits & 1 else None


class _Tar:
    def __init__(self, file: "_Bounded") -> None:
        self._file = file
        self._archive: tarfile.TarFile | None = None

    def entries(self) -> Iterator[Entry]:
        self._file.seek(0)
        self._archive = tarfile.TarFile(fileobj=cast(IO[bytes], self._file), mode="r")
        while (info := self._archive.next()) is not None:
            self._archive.members.clear()  # type: ignore[attr-defined]  # else all of them stay in memory
            yield Entry(info.name, info.size, info.isdir(), _tar_problem(info), info)

    def open(self, entry: Entry) -> IO[bytes]:
        assert self._archive is not None
        assert isinstance(entry.source, tarfile.TarInfo)
        content = self._archive.extractfile(entry.source)
        assert content is not None
        return content


def _tar_problem(info: tarfile.TarInfo) -> str | None:
    if info.issym():
        return "a symbolic link"
    if info.islnk():
        return "a hard link"
    return None if info.isreg() or info.isdir() else "no ordinary file"


class _Bounded:
    """A file that can be read up to a position, and not too much of it at once."""

    def __init__(self, file: IO[bytes], most_bytes: int) -> None:
        self._file, self._most_bytes = file, most_bytes

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= LARGEST_READ:
            raise BadDataset("bad_archive", "A header of the archive is far too long.")
        return self._file.read(size)

    def seek(self, position: int, whence: int = 0) -> int:
        if position > self._most_bytes:
            raise too_large(self._most_bytes)
        return self._file.seek(position, whence)

    def tell(self) -> int:
        return self._file.tell()


def too_large(most_bytes: int) -> BadDataset:
    """The error for an archive with more content than is unpacked."""
    message = f"Unpacked, the archive is larger than {most_bytes >> 20} MB."
    return BadDataset("archive_too_large", message, "Split it, or ask for a larger MAX_IMPORT_MB.")
