"""Making a backup of a running workbench: everything in it at one moment, as one file."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import text
from sqlalchemy.orm import Session

from db import blob_hold
from db.backup import archive
from db.backup.rows import copy_out, count_rows, sqlite_engine
from db.base import now
from db.errors import Conflict, Unavailable
from db.folder_files import sync_folder
from db.session import engine
from db.settings import settings
from db.storage import blobs

FORMAT = 1
SPARE_BYTES = 64 << 20
"""Free bytes that must be left on the disk."""
ROWS_SHARE = 0.3
"""Of the time of a backup, for its progress: copying the rows."""

OnShare = Callable[[float], None]
SIMULATIONS = ("*", "*/curves.json", "*/curves.svg")
"""What is kept of the folder with results of simulations: those of now lie in a folder each."""


@dataclass(frozen=True)
class Made:
    """What a backup holds. `missing`: how many stored files were gone or damaged before."""

    size: int
    counts: dict[str, int]
    missing: int


def expected_rows() -> int:
    """About how many bytes the rows take in a backup made now, and no fewer."""
    with engine().connect() as connection:
        if connection.dialect.name == "sqlite":
            pages = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            rows = connection.scalar(text(pages))
        else:
            rows = connection.scalar(text("SELECT pg_database_size(current_database())"))
    return int(rows or 0)


def expected_size() -> int:
    """About how many bytes a backup takes now, and no fewer."""
    return expected_rows() + sum(size for _, size in blobs().key_sizes())


def require_room(folder: Path, size: int, what: str = "A backup") -> None:
    """Check that `size` bytes fit into the folder. Raises Unavailable."""
    free = shutil.disk_usage(folder).free
    if free < size + SPARE_BYTES:
        message = f"{what} takes up to {megabytes(size)}, and {megabytes(free)} are free in {folder}."
        raise Unavailable("disk_full", message, "Make room there, or choose another disk.")


def megabytes(size: int) -> str:
    return f"{max(1, round(size / 1e6)):,} MB"


def back_up_to(path: Path, on_share: OnShare) -> Made:
    """Write a backup to the new file `path`, mode 0600, which appears when it is whole.

    What a killed one has left beside `path` the next one there takes away. Raises Conflict if the file exists
    or is being made, and Unavailable without room for it.
    """
    _refuse_to_overwrite(path)
    require_room(path.parent, expected_rows() + expected_size())
    with own_draft(path) as file:
        made = write_backup(file, rows_beside(path), on_share)
        file.flush()
        os.fsync(file.fileno())
        _refuse_to_overwrite(path)
        draft_beside(path).rename(path)
    sync_folder(path.parent)
    return made


def draft_beside(path: Path) -> Path:
    """The unfinished backup; as long as one is made that is to be kept as `path`, its draft is locked."""
    return path.with_name(f".{path.name}.part")


def rows_beside(path: Path) -> Path:
    """The copy of the rows, which is there while a backup is made."""
    return path.with_name(f".{path.name}.rows")


@contextmanager
def own_draft(path: Path) -> Iterator[BinaryIO]:
    """The draft of `path`, empty and locked; in the end it is gone. Raises Conflict if another has it."""
    draft = draft_beside(path)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("backup_running", f"Another backup to {path} is being made.") from None
        try:
            file.truncate(0)
            yield file
        finally:
            draft.unlink(missing_ok=True)


def _refuse_to_overwrite(path: Path) -> None:
    if path.exists():
        raise Conflict("file_exists", f"{path} exists already.", "Choose another name; nothing was written.")


def write_backup(file: BinaryIO, rows: Path, on_share: OnShare) -> Made:
    """Write a backup to the open file; the copy of the rows is at the path `rows` meanwhile.

    What `on_share` raises ends it. Raises Unavailable if files could not be kept from deletion.
    """
    with blob_hold.hold() as hold:

        def report(share: float) -> None:
            _require_hold(hold)
            on_share(share)

        try:
            made = _write(file, rows, report)
        finally:
            rows.unlink(missing_ok=True)
        _require_hold(hold)
    return made


def _require_hold(hold: blob_hold.Hold) -> None:
    if hold.is_lost:
        hint = "Try again once the database answers well."
        raise Unavailable("hold_lost", "The backup could not keep files from deletion.", hint)


def _write(file: BinaryIO, rows: Path, on_share: OnShare) -> Made:
    _create_empty(rows)
    copy_out(engine(), rows, lambda share: on_share(share * ROWS_SHARE))
    writer = archive.Writer(file)
    counts = _add_about(writer, rows)
    writer.add(archive.DATABASE, rows.stat().st_size, _chunks_of(rows, lambda: on_share(ROWS_SHARE)))
    _add_small(writer, archive.SECRET, settings().signing_key().encode())
    for name, content in _simulations():
        _add_small(writer, name, content)
    missing = _add_blobs(writer, rows, lambda share: on_share(ROWS_SHARE + share * (1 - ROWS_SHARE)))
    writer.close()
    return Made(writer.size, counts, missing)


def _create_empty(path: Path) -> None:
    path.unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))


def _add_about(writer: archive.Writer, rows: Path) -> dict[str, int]:
    copied = sqlite_engine(rows)
    with copied.connect() as connection:
        counts = count_rows(connection)
        revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    copied.dispose()
    about: dict[str, Any] = {
        "format": FORMAT,
        "made_at": now().isoformat(timespec="seconds"),
        "schema": revision,
        "rows": counts,
        "sqlalchemy": metadata.version("sqlalchemy"),
    }
    _add_small(writer, archive.ABOUT, json.dumps(about, indent=1).encode())
    return counts


def _add_small(writer: archive.Writer, name: str, content: bytes) -> None:
    writer.add(name, len(content), [content])


def _add_blobs(writer: archive.Writer, rows: Path, on_share: OnShare) -> int:
    """Add the files that the copied rows name; returns how many are missing or damaged."""
    missing = 0
    keys = named_keys(rows)
    for done, key in enumerate(keys, 1):
        content = _whole_blob(key)
        if content is None:
            missing += 1
        else:
            _add_small(writer, archive.blob_name(key), content)
        on_share(done / len(keys))
    return missing


def _whole_blob(key: str) -> bytes | None:
    try:
        content = blobs().get(key)
    except FileNotFoundError:
        return None
    return content if hashlib.sha256(content).hexdigest() == key else None


def named_keys(rows: Path) -> list[str]:
    """The keys of the stored files that the rows in the file name, each once."""
    copied = sqlite_engine(rows)
    with Session(copied) as session:
        keys = sorted(set(blob_hold.all_named(session)))
    copied.dispose()
    return keys


def _simulations() -> Iterator[tuple[str, bytes]]:
    """Name and content of the results of simulations."""
    folder = settings().data / "simulations"
    for one in sorted({path for pattern in SIMULATIONS for path in folder.glob(pattern)}):
        name = f"simulations/{one.relative_to(folder).as_posix()}"
        if one.is_file() and archive.is_ours(name) and one.stat().st_size <= archive.MAX_SMALL:
            yield name, one.read_bytes()


def _chunks_of(path: Path, on_chunk: Callable[[], None]) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while chunk := file.read(archive.CHUNK):
            yield chunk
            on_chunk()
