"""Making a workbench of a backup, in a new data folder or an empty database.

Everything is checked before anything is put in place, and the rows come last: until then there is no
workbench. The folder `restoring` in the data folder says that a restore has begun and not ended.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, inspect, text, update
from sqlalchemy.orm import Session

from db import disk
from db.backup import archive
from db.backup.checks import unpack_checked
from db.backup.create import named_keys, require_room
from db.backup.rows import LEFT_OUT, copy_in, count_rows, sqlite_engine
from db.base import now
from db.errors import Conflict
from db.folder_files import sync_folder
from db.migrate import upgrade
from db.models import Photo, Run
from db.session import engine
from db.settings import settings
from db.storage import blobs
from db.supervisor import AlreadyRunning, Lock
from db.webhooks.tidy import pause_restored

OnShare = Callable[[float], None]
SECRET_KEY, DATABASE_FILE, SIMULATIONS = "secret_key", "secondlook.db", "simulations"
"""In the data folder."""
CHECKED, STORED = 0.4, 0.9
"""Shares of the time after which all is checked, and all files are stored."""
EMPTY_ANYWAY = {"alembic_version", "class", "workbench", *LEFT_OUT}
"""Tables that have rows although nobody has used the database."""


@dataclass
class Restored:
    """The number of rows by table, and how many stored files the backup lacked when it was made."""

    counts: dict[str, int] = field(default_factory=dict)
    missing: int = 0


def staging_folder() -> Path:
    """Where a restore keeps what is not in place yet; it is there only until the restore has ended."""
    return settings().data / "restoring"


def require_no_unfinished_restore() -> None:
    """Raises Conflict if a restore into the data folder was interrupted."""
    if staging_folder().exists():
        raise Conflict(
            "restore_unfinished",
            f"A restore into {settings().data} was interrupted.",
            "Run it again, or delete the data folder; the backup is unharmed.",
        )


def restore(path: Path, on_share: OnShare) -> Restored:
    """Make a workbench of the backup `path` in the data folder, database and file store of the settings.

    Raises Conflict where there is a workbench already, BadBackup for a file that is not a whole backup of
    ours, and Unavailable without room for it.
    """
    with _alone():
        _require_empty()
        _require_room(path)
        staging = staging_folder()
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(mode=0o700)
        sync_folder(settings().data)
        try:
            restored = _restore(path, staging, on_share)
        except Exception:
            shutil.rmtree(staging)
            raise
        shutil.rmtree(staging)
    return restored


def _require_room(path: Path) -> None:
    """Check that there is room for the files and, twice while their schema is renewed, for the rows.

    Raises Unavailable, and BadBackup if the file cannot be read so far.
    """
    rows = 0
    with open(path, "rb") as file:
        for member in archive.read(file):
            if member.name == archive.DATABASE:
                rows = member.size
                break
    sizes = {settings().data: 2 * rows}
    if (folder := disk.blobs_folder()) is not None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_same = folder.stat().st_dev == settings().data.stat().st_dev
        where = settings().data if is_same else folder
        sizes[where] = sizes.get(where, 0) + max(0, path.stat().st_size - rows)
    for where, size in sizes.items():
        require_room(where, size, "Restoring")


def _restore(path: Path, staging: Path, on_share: OnShare) -> Restored:
    size = max(1, path.stat().st_size)
    stored = unpack_checked(path, staging, lambda share: on_share(share * CHECKED))
    _require_no_other_key(staging)
    rows = staging / archive.DATABASE
    with open(path, "rb") as file:
        for member in archive.read(file):
            if member.key is not None:
                blobs().put(member.read(), durable=False)
                on_share(CHECKED + file.tell() / size * (STORED - CHECKED))
    os.sync()
    prepared = sqlite_engine(rows)
    upgrade(on=prepared)
    with Session(prepared) as session:
        _queue_again(session)
        pause_restored(session)
        session.commit()
    with prepared.connect() as connection:
        counts = count_rows(connection)
    prepared.dispose()
    missing = len(set(named_keys(rows)) - stored)
    _put_in_place(staging, lambda share: on_share(STORED + share * (1 - STORED)))
    return Restored(counts, missing)


@contextmanager
def _alone() -> Iterator[None]:
    """Keep the workbench from starting, and another restore from beginning."""
    settings().data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        lock = Lock(settings().run_dir / "lock", f"process {os.getpid()}, a restore")
    except AlreadyRunning as error:
        message = f"A workbench or a restore is running on {settings().data} ({error})."
        raise Conflict("running", message, "Stop it first, or choose a new folder: DATA=./new") from error
    try:
        yield
    finally:
        lock.release()


def _require_empty() -> None:
    where = settings().data if settings().database_url is None else "the database"
    target = engine()
    if target.dialect.name == "sqlite" and staging_folder().exists():
        return  # an interrupted restore: whatever is there came from a backup, and nobody could start it
    if target.dialect.name == "sqlite" and not Path(str(target.url.database)).exists():
        return
    with target.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if name not in EMPTY_ANYWAY]
        used = [name for name in names if connection.scalar(text(f'SELECT 1 FROM "{name}" LIMIT 1'))]  # noqa: S608
    target.dispose()
    if used:
        hint = "Restore into a new folder (DATA=./new) or an empty database; nothing was changed."
        if staging_folder().exists():
            hint = (
                f"If an earlier restore was killed at its very end, all is there: delete {staging_folder()}."
            )
        raise Conflict("not_empty", f"There is a workbench in {where} already.", hint)


def _queue_again(session: Session) -> None:
    """Queue the jobs that were at work, and let the sweep send all that wait.

    Only one run may be queued: if one is, it does the work of the one that was running.
    """
    fresh: dict[str, Any] = {"owner": None, "lease_until": None, "sent_at": None}
    if session.query(Run.id).where(Run.status == "queued").first() is not None:
        ended = {"status": "cancelled", "phase": "cancelled", "finished_at": now()}
        session.execute(update(Run).where(Run.status == "running").values(**(fresh | ended)))
    for model in (Photo, Run):
        waits = model.status.in_(("queued", "running"))
        session.execute(update(model).where(waits).values(status="queued", **fresh))


def _require_no_other_key(staging: Path) -> None:
    """Refuse a data folder with a database of its own that is not restored, and that needs another key."""
    data = settings().data
    key, own = data / SECRET_KEY, data / DATABASE_FILE
    if settings().database_url is None or settings().secret_key is not None or not own.exists():
        return
    if key.exists() and key.read_bytes() != (staging / archive.SECRET).read_bytes():
        message = f"{data} has the secret key of another workbench, whose database is {own}."
        raise Conflict("not_empty", message, "Choose a new folder: DATA=./new; nothing was changed.")


def _put_in_place(staging: Path, on_share: OnShare) -> None:
    target, data = engine(), settings().data
    with _replaced(staging, data):
        if target.dialect.name == "sqlite":
            _replace_database(staging / archive.DATABASE, target)
        else:
            upgrade()
            copy_in(staging / archive.DATABASE, target, on_share)
    sync_folder(data)


@contextmanager
def _replaced(staging: Path, data: Path) -> Iterator[None]:
    """Put the key and the simulations in place; if the block fails, what was there comes back.

    The rows come after them: after a kill in between there is no workbench without its key.
    """
    wanted = {archive.SECRET: SECRET_KEY, SIMULATIONS: SIMULATIONS}
    names = [(staging / new, data / name) for new, name in wanted.items() if (staging / new).exists()]
    if settings().secret_key is not None:
        names = [pair for pair in names if pair[1].name != SECRET_KEY]
    before = staging / "before"
    before.mkdir()
    for new, target in names:
        if target.exists():
            os.replace(target, before / target.name)
        os.replace(new, target)
    try:
        yield
    except Exception:
        for new, target in names:
            os.replace(target, new)
            if (before / target.name).exists():
                os.replace(before / target.name, target)
        raise


def _replace_database(rows: Path, target: Engine) -> None:
    """Put the file where the database is to be, without what an empty one has left there."""
    path = Path(str(target.url.database))
    with open(rows, "rb") as file:
        os.fsync(file.fileno())
    for name in (f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    os.replace(rows, path)
