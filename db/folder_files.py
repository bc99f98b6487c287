"""Files of a folder that must survive a power cut, and when they were written."""

import contextlib
import os
from datetime import UTC, datetime
from pathlib import Path


def move(draft: Path, path: Path, *, sync: bool) -> None:
    """Give the file its name; with `sync` that is on the disk on return, since a row will refer to it."""
    for attempt in range(3):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.replace(path)
        except (FileNotFoundError, FileExistsError):  # the last file of the folder was deleted, and so it was
            if attempt == 2:
                raise
        else:
            break
    for folder in (path.parent, path.parent.parent) if sync else ():
        with contextlib.suppress(FileNotFoundError):  # the file is deleted again: see `db.blob_hold.keep`
            sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Wait until the names in the folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def written_at(path: Path) -> datetime:
    with contextlib.suppress(FileNotFoundError):  # it has been moved to its place meanwhile
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return datetime.max.replace(tzinfo=UTC)
