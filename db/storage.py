"""Stored files (blobs), found by content hash or by name: in a folder, or in an S3 bucket."""

import contextlib
import functools
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlparse

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from db.folder_files import move, written_at
from db.settings import settings

KEY_LENGTH = 64
"""Of a SHA-256 in hex."""
DRAFTS = "draft"
"""The folder of files that are being written."""


CHUNK_BYTES = 1 << 20
PIECE_BYTES = 256 << 10
"""Of what is sent to a browser: the server holds larger pieces in files (`web.serving.reply`)."""


class WrongHash(Exception):
    """What was to be stored has not the announced SHA-256."""


class MissingFile(FileNotFoundError):
    """A file is not stored: it was deleted, perhaps since its row was read, or it is lost."""


class Blobs:
    """`put` returns a key, the content hash, so the same bytes are stored once.

    Blobs that can be recomputed or are temporary have a name instead, such as `thumb/7/3.jpg`. No row of the
    database refers to them; they are found and deleted by the beginning of their name.
    """

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        """`folder` is that of a local store."""
        self._store, self._folder = store, folder

    def put(self, data: bytes, *, durable: bool = True) -> str:
        """Store `data` and return its key, the SHA-256 in hex. If `durable`, it is on the disk then.

        It is written even if it is there: the file may be damaged, or old enough to be removed as unused.
        """
        key = hashlib.sha256(data).hexdigest()
        self._put(key, data, sync=durable)
        return key

    def put_named(self, name: str, data: bytes | Iterator[bytes]) -> None:
        """Store `data`, or its chunks, under a name, which must contain a slash: that tells it from a key."""
        self._put(name, data, sync=False)

    def put_named_chunks(self, name: str, chunks: Iterator[bytes]) -> None:
        """Store a large file piece by piece under a name, which must contain a slash.

        It is there when it is whole: what `chunks` raises leaves nothing.
        """
        self._put(name, chunks, sync=True)

    def put_chunks(self, key: str, chunks: Iterable[bytes]) -> None:
        """Store a large file piece by piece under `key`, its SHA-256 in hex, which the caller knows.

        Raises WrongHash, and stores nothing, if the chunks have another one.
        """
        self._put(key, _checked(key, chunks), sync=True)

    def _put(self, key: str, data: bytes | Iterator[bytes], *, sync: bool) -> None:
        """Whole or not at all: on a full disk this raises OSError, and nothing half-written is left."""
        if self._folder is None:
            obstore.put(self._store, _path(key), data)
            return
        draft = self._folder / DRAFTS / secrets.token_hex(16)
        draft.parent.mkdir(exist_ok=True)
        try:
            with open(draft, "xb") as file:
                for chunk in (data,) if isinstance(data, bytes) else data:
                    file.write(chunk)
                file.flush()
                if sync:
                    os.fsync(file.fileno())
            move(draft, self._folder / _path(key), sync=sync)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def delete_drafts(self, written_before: datetime) -> int:
        """Delete what killed processes had begun to write, and return the number of files."""
        if self._folder is None:
            return 0
        drafts = [
            path
            for path in [*self._folder.glob(f"{DRAFTS}/*"), *self._folder.glob("*/*#*")]
            if written_at(path) < written_before
        ]
        for path in drafts:
            path.unlink(missing_ok=True)
        return len(drafts)

    def list_named(self, start: str) -> dict[str, datetime]:
        """The names in the folder `start`, and when each was last written."""
        return {name: written_at for name, _, written_at in self.list_sizes(start)}

    def list_sizes(self, start: str) -> list[tuple[str, int, datetime]]:
        """The names in the folder `start`, the bytes of each, and when it was last written."""
        objects = obstore.list(self._store, prefix=start.rstrip("/")).collect()
        return [(str(meta["path"]), meta["size"], meta["last_modified"]) for meta in objects]

    def written_at(self, key: str) -> datetime | None:
        """When `key` was last written; None if it does not exist."""
        with contextlib.suppress(FileNotFoundError):
            return cast(datetime, obstore.head(self._store, _path(key))["last_modified"])
        return None

    def delete_named(self, start: str) -> None:
        """Delete everything in the folder `start`."""
        for name in self.list_named(start):
            self.delete(name)

    def get(self, key: str) -> bytes:
        """The bytes of `key`. Raises MissingFile."""
        try:
            return bytes(obstore.get(self._store, _path(key)).bytes())
        except FileNotFoundError as error:
            raise MissingFile(key) from error

    def read_chunks(self, key: str) -> Iterator[bytes]:
        """The bytes of a large file, piece by piece. Raises MissingFile."""
        try:
            yield from map(bytes, obstore.get(self._store, _path(key)).stream(min_chunk_size=CHUNK_BYTES))
        except FileNotFoundError as error:
            raise MissingFile(key) from error

    def read_range(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` to before `end`, piece by piece. Raises MissingFile."""
        try:
            for begin in range(start, end, PIECE_BYTES):
                piece = min(begin + PIECE_BYTES, end)
                yield bytes(obstore.get_range(self._store, _path(key), start=begin, end=piece))
        except FileNotFoundError as error:
            raise MissingFile(key) from error

    def local_path(self, key: str) -> Path | None:
        """Where `key` lies, if in a folder of this machine."""
        return None if self._folder is None else self._folder / _path(key)

    def list_keys(self) -> Iterator[tuple[str, datetime]]:
        """The keys of all blobs, and when each was written; without those that have a name."""
        for key, meta in self._list():
            yield key, meta["last_modified"]

    def key_sizes(self) -> Iterator[tuple[str, int]]:
        """The keys of all blobs, and the bytes of each; without those that have a name."""
        for key, meta in self._list():
            yield key, int(meta["size"])

    def _list(self) -> Iterator[tuple[str, Any]]:
        for page in obstore.list(self._store):
            for meta in page:
                folder, _, key = str(meta["path"]).rpartition("/")
                if len(key) == KEY_LENGTH and key.startswith(folder):
                    yield key, meta

    def size(self, key: str) -> int:
        """The bytes of `key`; 0 if it does not exist."""
        try:
            return int(obstore.head(self._store, _path(key))["size"])
        except FileNotFoundError:
            return 0

    def is_there(self) -> bool:
        """Whether the store answers."""
        try:
            self.has("0" * KEY_LENGTH)
        except BaseError:
            return False
        return True

    def has(self, key: str) -> bool:
        return self.written_at(key) is not None

    def delete(self, key: str) -> None:
        """Delete `key`; nothing happens if it does not exist."""
        try:
            obstore.delete(self._store, _path(key))
        except FileNotFoundError:
            return


def _checked(key: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The chunks; raises WrongHash at their end unless `key` is their SHA-256."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != key:
        raise WrongHash(key)


def _path(key: str) -> str:
    # Subfolders by the first two digits, since listing one folder of 100,000 files is slow.
    return key if "/" in key else f"{key[:2]}/{key}"


@functools.cache
def blobs() -> Blobs:
    """The store at BLOBS_URL: `file:///folder` or `s3://bucket/prefix`."""
    url = urlparse(settings().blobs)
    if url.scheme != "file":
        return Blobs(s3_store())
    folder = Path(unquote(url.path))
    return Blobs(LocalStore(folder, mkdir=True, automatic_cleanup=True), folder)


def s3_store(folder: str = "") -> S3Store:
    """The S3 store at BLOBS_URL, or a folder in it."""
    url, endpoint = urlparse(settings().blobs), settings().s3_endpoint
    prefix = f"{url.path.strip('/')}/{folder}".strip("/")
    if endpoint is None:
        return S3Store(url.netloc, prefix=prefix)
    plain_http = {"allow_http": endpoint.startswith("http://")}
    return S3Store(
        url.netloc,
        prefix=prefix,
        endpoint=endpoint,
        virtual_hosted_style_request=False,
        client_options=plain_http,
    )
