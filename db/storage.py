"""Blobs by content hash, and named ones beside them: a folder on one machine, an S3 bucket on many."""

import functools
import hashlib
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlparse

import obstore
from obstore.store import LocalStore, ObjectStore, S3Store

from db.settings import settings


class Blobs:
    """`put` returns a key; the same bytes have the same key, so a repeat costs nothing.

    What is made again at any time, or only passes through, has a name instead, such as `thumb/7/3.jpg`:
    it is found and deleted by the start of its name, and no row keeps account of it.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, data: bytes) -> str:
        """Store `data` and return its key, the SHA-256 in hex."""
        key = hashlib.sha256(data).hexdigest()
        if not self.has(key):
            obstore.put(self._store, _path(key), data)
        return key

    def put_named(self, name: str, data: bytes) -> None:
        """Store `data` under a name that holds a slash."""
        obstore.put(self._store, _path(name), data)

    def named(self, start: str) -> dict[str, datetime]:
        """The names that begin with `start`, a whole folder, and when each was last written."""
        listed = obstore.list(self._store, prefix=start.rstrip("/")).collect()
        return {str(one["path"]): one["last_modified"] for one in listed}

    def delete_named(self, start: str) -> None:
        """Remove everything whose name begins with `start`, a whole folder."""
        for name in self.named(start):
            self.delete(name)

    def get(self, key: str) -> bytes:
        """The bytes of `key`; FileNotFoundError when they are gone."""
        return bytes(obstore.get(self._store, _path(key)).bytes())

    def has(self, key: str) -> bool:
        try:
            obstore.head(self._store, _path(key))
        except FileNotFoundError:
            return False
        return True

    def delete(self, key: str) -> None:
        """Remove `key`; it is no error when it is already gone."""
        try:
            obstore.delete(self._store, _path(key))
        except FileNotFoundError:
            return


def _path(key: str) -> str:
    # Two levels keep a folder of 100,000 files listable.
    return key if "/" in key else f"{key[:2]}/{key}"


@functools.cache
def blobs() -> Blobs:
    """The store that BLOBS_URL names; `file://` and `s3://bucket/prefix` are understood."""
    url = urlparse(settings().blobs)
    if url.scheme == "file":
        folder = Path(unquote(url.path))
        return Blobs(LocalStore(folder, mkdir=True, automatic_cleanup=True))
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
