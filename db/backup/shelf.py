"""Where the workbench keeps the backups it makes: `backups` in the data folder, or beside the blobs on S3."""

import contextlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlparse

import obstore

from db.backup.create import (
    Made,
    back_up_to,
    expected_rows,
    own_draft,
    require_room,
    rows_beside,
    write_backup,
)
from db.errors import Conflict
from db.settings import settings
from db.storage import s3_store

FOLDER = "backups"
PIECE_BYTES = 256 << 10
OURS = re.compile(r"\.?(second-look-\d{4}-\d\d-\d\d-\d{1,18}\.tar)(?:\.part|\.rows)?")
"""Backups, and what is there while one is made."""


def _is_local() -> bool:
    return urlparse(settings().blobs).scheme == "file"


def _folder() -> Path:
    folder = settings().data / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def add(name: str, on_share: Callable[[float], None]) -> Made:
    """Make a backup and keep it under `name`, in place of one that a killed worker has left there.

    It is there when it is whole. Raises what `back_up_to` and `on_share` raise.
    """
    if _is_local():
        path = _folder() / name
        path.unlink(missing_ok=True)
        return back_up_to(path, on_share)
    require_room(_folder(), expected_rows(), "A copy of the rows")
    with own_draft(_folder() / name):
        # Closed only when all is written: an upload in parts that is not completed leaves no object.
        writer = obstore.open_writer(s3_store(FOLDER), name, buffer_size=16 << 20)
        made = write_backup(writer, rows_beside(_folder() / name), on_share)
        writer.close()
    return made


def delete(name: str) -> None:
    """Delete a backup; nothing happens if it is gone."""
    (_folder() / name).unlink(missing_ok=True)
    if not _is_local():
        with contextlib.suppress(FileNotFoundError):
            obstore.delete(s3_store(FOLDER), name)


def names() -> set[str]:
    """The names of all backups of which there is anything, whole or not."""
    found = [path.name for path in _folder().iterdir()]
    if not _is_local():
        found += [str(meta["path"]) for meta in obstore.list(s3_store(FOLDER)).collect()]
    return {match[1] for name in found if (match := OURS.fullmatch(name))}


def delete_all_of(name: str) -> None:
    """Delete a backup, and what a killed worker has left of it; nothing happens while one is made."""
    path = _folder() / name
    with contextlib.suppress(Conflict), own_draft(path):
        rows_beside(path).unlink(missing_ok=True)
        delete(name)


def read(name: str) -> tuple[int, Iterator[bytes]]:
    """The size of a backup, and its bytes piece by piece. Raises FileNotFoundError."""
    if _is_local():
        file = open(_folder() / name, "rb")  # noqa: SIM115 - closed with the iterator
        return (_folder() / name).stat().st_size, _pieces(file)
    stored = obstore.get(s3_store(FOLDER), name)
    return int(stored.meta["size"]), (bytes(piece) for piece in stored.stream(min_chunk_size=PIECE_BYTES))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE_BYTES):
            yield piece
