"""The file format of a backup: a tar file of plain files, the last of which lists the SHA-256 of the others.

`sha256sum -c SHA256SUMS` checks an unpacked one. It is read header by header, without what tar could do
besides: no links, no sparse files, no extended headers, no names but those that we write.
"""

import hashlib
import re
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, BinaryIO

from db.errors import BadInput
from db.storage import KEY_LENGTH

BLOCK = tarfile.BLOCKSIZE
CHUNK = 1 << 20
ABOUT, DATABASE, SECRET, SUMS = "about.json", "database.sqlite", "secret_key", "SHA256SUMS"
MAX_SMALL = 1 << 20
"""Bytes of a file that is read as a whole: `about.json`, the secret key, the result of a simulation."""
MAX_NAME = 100
"""Characters for which a member's header has room."""
MAX_BLOB = 1 << 30
MAX_MEMBERS = 20_000_000
BLOB_NAME = re.compile(rf"blobs/[0-9a-f]{{2}}/([0-9a-f]{{{KEY_LENGTH}}})")
SIMULATION_NAME = re.compile(r"simulations(/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,80}){1,2}")
SUM_LINE = 64 + 2 + 120


class BadBackup(BadInput):
    """The file is no backup that could be restored; the message says why."""

    def __init__(self, message: str) -> None:
        super().__init__("bad_backup", message, "Nothing was restored.")


def blob_name(key: str) -> str:
    return f"blobs/{key[:2]}/{key}"


class Writer:
    """Writes members one after the other; `close` adds the list of their checksums."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._sums: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - until the archive is closed
        self.size = 0

    def add(self, name: str, size: int, chunks: Iterable[bytes]) -> None:
        """Add a file of `size` bytes."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        self._write(info.tobuf(tarfile.GNU_FORMAT))
        digest, written = hashlib.sha256(), 0
        for chunk in chunks:
            digest.update(chunk)
            written += len(chunk)
            self._write(chunk)
        if written != size:
            raise OSError(f"{name} has {written} bytes instead of {size}")
        self._write(bytes(-size % BLOCK))
        self._sums.write(f"{digest.hexdigest()}  {name}\n".encode())

    def close(self) -> None:
        """End the archive. The underlying file stays open."""
        size = self._sums.tell()
        self._sums.seek(0)
        with self._sums as sums, tempfile.TemporaryFile() as self._sums:
            self.add(SUMS, size, iter(lambda: sums.read(CHUNK), b""))
        self._write(bytes(2 * BLOCK))

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self.size += len(data)


@dataclass(frozen=True)
class Member:
    """A file in the archive; `chunks` can be read once, before the next member."""

    name: str
    size: int
    chunks: Iterator[bytes]

    def read(self) -> bytes:
        """All of a file that must be small. Raises BadBackup."""
        if self.size > (MAX_BLOB if self.key else MAX_SMALL):
            raise BadBackup(f"{self.name} in the backup is impossibly large.")
        return b"".join(self.chunks)

    @property
    def key(self) -> str | None:
        """The blob's key, None for another file."""
        match = BLOB_NAME.fullmatch(self.name)
        return match[1] if match else None


def read(file: BinaryIO, on_bytes: Callable[[int], None] = lambda count: None) -> Iterator[Member]:
    """The files of an archive in order, each checked against its checksum by the end.

    Raises BadBackup for anything that is not a whole archive of ours.
    """
    seen: dict[str, bytes] = {}
    while True:
        member = _next_member(file, on_bytes)
        if member is None:
            raise BadBackup("The backup is cut short.")
        if member.name in seen or len(seen) > MAX_MEMBERS:
            raise BadBackup(f"{member.name} is in the backup more than once.")
        if member.name == SUMS:
            _check_sums(member, seen)
            return
        digest = hashlib.sha256()
        hashed = _hashed(member.chunks, digest.update)
        yield Member(member.name, member.size, hashed)
        for _ in hashed:
            pass  # what the caller left
        if member.key is not None and member.key != digest.hexdigest():
            raise BadBackup(f"The stored file {member.key[:16]} is damaged in the backup.")
        seen[member.name] = digest.digest()


def _hashed(chunks: Iterator[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for chunk in chunks:
        update(chunk)
        yield chunk


def _next_member(file: BinaryIO, on_bytes: Callable[[int], None]) -> Member | None:
    header = file.read(BLOCK)
    if len(header) < BLOCK or header == bytes(BLOCK):
        return None
    on_bytes(BLOCK)
    try:
        info = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError) as error:
        raise BadBackup("This is no backup of Second Look, or it is damaged.") from error
    if info.type != tarfile.REGTYPE or info.size < 0 or not is_ours(info.name):
        raise BadBackup(f"The backup holds something that is not ours: {info.name[:80]!a}.")
    return Member(info.name, info.size, _contents(file, info.size, on_bytes))


def is_ours(name: str) -> bool:
    if name in (ABOUT, DATABASE, SECRET, SUMS):
        return True
    if len(name) > MAX_NAME:
        return False
    blob = BLOB_NAME.fullmatch(name)
    return (blob is not None and name == blob_name(blob[1])) or SIMULATION_NAME.fullmatch(name) is not None


def _contents(file: BinaryIO, size: int, on_bytes: Callable[[int], None]) -> Iterator[bytes]:
    left = size
    while left:
        chunk = file.read(min(CHUNK, left))
        if not chunk:
            raise BadBackup("The backup is cut short.")
        left -= len(chunk)
        on_bytes(len(chunk))
        yield chunk
    padding = -size % BLOCK
    if len(file.read(padding)) != padding:
        raise BadBackup("The backup is cut short.")


def _check_sums(member: Member, seen: dict[str, bytes]) -> None:
    if member.size > SUM_LINE * (len(seen) + 1):
        raise BadBackup("The list of checksums is impossibly long.")
    listed = {}
    for line in b"".join(member.chunks).decode("ascii", "replace").splitlines():
        digest, _, name = line.partition("  ")
        listed[name] = digest
    for name, own in seen.items():
        if listed.pop(name, None) != own.hex():
            raise BadBackup(f"{name} is damaged in the backup.")
    if listed:
        raise BadBackup(f"{min(listed)} is missing in the backup.")
