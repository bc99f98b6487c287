"""Stored files (blobs), found by content hash or by name: in a folder, or in an S3 bucket."""

import functools
import hashlib
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlparse

import obstore
from obstore.store import LocalStore, ObjectStore, S3Store

from db.settings import settings

KEY_LENGTH = 64
"""Of a SHA-256 in hex."""


class Blobs:
    """`put` returns a key, the content hash, so the same bytes are stored once.

    Blobs that can be recomputed or are temporary have a name instead, such as `thumb/7/3.jpg`. No row of the
    database refers to them; they are found and deleted by the beginning of their name.
    """

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        """`folder` is that of a local store."""
        self._store, self._folder = store, folder

    def put(self, data: bytes) -> str:
        """Store `data` and return its key, the SHA-256 in hex. It is on the disk when this returns.

        It is written even if it is there: the file may be damaged, or old enough to be removed as unused.
        """
        key = hashlib.sha256(data).hexdigest()
        obstore.put(self._store, _path(key), data)
        if self._folder is not None:
            _sync(self._folder / _path(key))
        return key

    def put_named(self, name: str, data: bytes) -> None:
        """Store `data` under a name, which must contain a slash: that tells it from a key."""
        obstore.put(self._store, _path(name), data)

    def list_named(self, start: str) -> dict[str, datetime]:
        """The names in the folder `start`, and when each was last written."""
        objects = obstore.list(self._store, prefix=start.rstrip("/")).collect()
        return {str(meta["path"]): meta["last_modified"] for meta in objects}

    def delete_named(self, start: str) -> None:
        """Delete everything in the folder `start`."""
        for name in self.list_named(start):
            self.delete(name)

    def get(self, key: str) -> bytes:
        """The bytes of `key`. Raises FileNotFoundError."""
        return bytes(obstore.get(self._store, _path(key)).bytes())

    def list_keys(self) -> Iterator[tuple[str, datetime]]:
        """The keys of all blobs, and when each was written; without those that have a name."""
        for page in obstore.list(self._store):
            for meta in page:
                folder, _, key = str(meta["path"]).rpartition("/")
                if len(key) == KEY_LENGTH and key.startswith(folder):
                    yield key, meta["last_modified"]

    def has(self, key: str) -> bool:
        try:
            obstore.head(self._store, _path(key))
        except FileNotFoundError:
            return False
        return True

    def delete(self, key: str) -> None:
        """Delete `key`; nothing happens if it does not exist."""
        try:
            obstore.delete(self._store, _path(key))
        except FileNotFoundError:
            return


def _sync(path: Path) -> None:
    """Wait until the file and its folders are on the disk: the row that names it is committed afterwards."""
    for part in (path, path.parent, path.parent.parent):
        descriptor = os.open(part, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _path(key: str) -> str:
    # Subfolders by the first two digits, since listing one folder of 100,000 files is slow.
    return key if "/" in key else f"{key[:2]}/{key}"


@functools.cache
def blobs() -> Blobs:
    """The store at BLOBS_URL: `file:///folder` or `s3://bucket/prefix`."""
    url = urlparse(settings().blobs)
    if url.scheme == "file":
        folder = Path(unquote(url.path))
        return Blobs(LocalStore(folder, mkdir=True, automatic_cleanup=True), folder)
    endpoint = settings().s3_endpoint
    if endpoint is None:
        return Blobs(S3Store(url.netloc, prefix=url.path.strip("/")))
    plain_http = {"allow_http": endpoint.startswith("http://")}
    return Blobs(
        S3Store(
            url.netloc,
            prefix=url.path.strip("/"),
            endpoint=endpoint,
            virtual_hosted_style_request=False,
            client_options=plain_http,
        )
    )
