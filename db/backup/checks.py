"""Checking a backup before any of it is put in place."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, text

from db.backup import archive
from db.backup.archive import BadBackup
from db.backup.create import FORMAT
from db.backup.rows import sqlite_engine
from db.errors import Conflict
from db.migrate import newest_revision, revisions
from db.settings import settings
from db.texts import number_of

OnShare = Callable[[float], None]


def unpack_checked(path: Path, staging: Path, on_share: OnShare) -> set[str]:
    """Check the whole archive, and unpack all but the stored files; returns the keys of these.

    Raises BadBackup, and Conflict if SECRET_KEY is another one.
    """
    with open(path, "rb") as file:
        keys = _check(file, staging, on_share)
    _check_secret(staging / archive.SECRET)
    _check_rows(staging / archive.DATABASE, _read_about(staging))
    return keys


def _check(file: BinaryIO, staging: Path, on_share: OnShare) -> set[str]:
    """Check the whole archive, and unpack all but the stored files; returns the keys of these."""
    size, done = max(1, os.fstat(file.fileno()).st_size), 0

    def count(bytes_read: int) -> None:
        nonlocal done
        done += bytes_read
        on_share(min(1.0, done / size))

    keys, names = set(), set()
    for member in archive.read(file, count):
        if member.key is not None:
            keys.add(member.key)
            continue
        names.add(member.name)
        _unpack(member, staging / member.name)
    for name in (archive.ABOUT, archive.DATABASE, archive.SECRET):
        if name not in names:
            raise BadBackup(f"{name} is missing in the backup.")
    return keys


def _unpack(member: archive.Member, target: Path) -> None:
    if member.name != archive.DATABASE and member.size > archive.MAX_SMALL:
        raise BadBackup(f"{member.name} in the backup is impossibly large.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except (FileExistsError, NotADirectoryError) as error:
        raise BadBackup(f"{member.name} in the backup is a file and a folder.") from error
    with open(descriptor, "wb") as out:
        for chunk in member.chunks:
            out.write(chunk)
        out.flush()
        os.fsync(out.fileno())


def _check_secret(path: Path) -> None:
    given = settings().secret_key
    if given is not None and given.get_secret_value() != path.read_text("utf-8", "replace"):
        raise Conflict(
            "other_secret",
            "This backup was made with another SECRET_KEY; people's links and the models would not be valid.",
            "Set SECRET_KEY to that one; it is in the backup: tar -xOf FILE secret_key",
        )


def _read_about(staging: Path) -> dict[str, Any]:
    try:
        about = json.loads((staging / archive.ABOUT).read_text("utf-8"))
        format, schema, rows = int(about["format"]), str(about["schema"]), dict(about["rows"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadBackup("The backup does not say what it is.") from error
    if format > FORMAT or schema not in revisions():
        raise BadBackup(
            f"The backup was made by another version (schema {schema[:20]!a}); this one has"
            f" {newest_revision()}. Update first."
        )
    return {"schema": schema, "rows": rows}


def _check_rows(path: Path, about: dict[str, Any]) -> None:
    """Refuse a database that is damaged, has more than tables in it, or not the announced rows."""
    opened = sqlite_engine(path)
    try:
        with opened.connect() as connection:
            _check_contents(connection, about)
    except Exception as error:
        if isinstance(error, BadBackup):
            raise
        raise BadBackup("The database in the backup is damaged.") from error
    finally:
        opened.dispose()


def _check_contents(connection: Connection, about: dict[str, Any]) -> None:
    objects = connection.execute(text("SELECT type, name, coalesce(sql, '') FROM sqlite_schema")).all()
    if any(kind not in ("table", "index") or "virtual" in sql.lower()[:20] for kind, _, sql in objects):
        raise BadBackup("The database in the backup holds more than tables.")
    if connection.scalar(text("PRAGMA quick_check(1)")) != "ok":
        raise BadBackup("The database in the backup is damaged.")
    if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
        raise BadBackup("The database in the backup is damaged.")
    if connection.scalar(text("SELECT version_num FROM alembic_version")) != about["schema"]:
        raise BadBackup("The database in the backup is of another version than it says.")
    tables = {name for kind, name, _ in objects if kind == "table"}
    for name, count in about["rows"].items():
        found = connection.scalar(text(f'SELECT count(*) FROM "{name}"')) if name in tables else None  # noqa: S608
        if found != count:
            rows = number_of(count, "row")
            raise BadBackup(f"The backup does not hold the {rows} of {name!a} that it announces.")
