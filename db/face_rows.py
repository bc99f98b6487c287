"""Inserting rows that refer to faces, some of which may have been erased meanwhile."""

import json
from collections.abc import Sequence
from itertools import islice
from typing import Any

from sqlalchemy import JSON, ColumnElement, Table, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.models import Face
from db.session import insert_missing, take_write_lock

BATCH_ROWS = 5000
"""Rows per statement: well below the number of variables that either engine allows in one."""
MAX_LISTED_IDS = 100
"""Up to this many ids a query lists them; with more, a range may be faster."""
MIN_COPY_ROWS = 500
"""From this many rows COPY is faster than INSERT in spite of the savepoint around it."""


def insert_for_faces(session: Session, model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that have a `face_id`; leaves out those whose face is gone and those whose key exists.

    The keys of a row are names of columns, which may differ from the attributes of `model`.
    """
    rest = iter(rows)
    while batch := list(islice(rest, BATCH_ROWS)):
        if not _try_copy(session, model.__table__, batch):
            existing = _lock_existing(session, sorted({row["face_id"] for row in batch}))
            insert_missing(session, model, [row for row in batch if row["face_id"] in existing])


def _try_copy(session: Session, table: Table, rows: list[dict[str, Any]]) -> bool:
    """Insert many rows with PostgreSQL's COPY, which is five times as fast; returns whether that worked.

    COPY inserts nothing if a single face is gone or a single key exists. SQLite has no COPY.
    """
    if len(rows) < MIN_COPY_ROWS or session.get_bind().dialect.name != "postgresql":
        return False
    names = list(rows[0])
    json_names = {name for name in names if isinstance(table.c[name].type, JSON)}
    target = f"{table.name} ({', '.join(names)})"
    cursor: Any = session.connection().connection.cursor()
    from psycopg.errors import IntegrityError as PsycopgIntegrityError  # not loaded on SQLite

    try:
        with session.begin_nested(), cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
            for row in rows:
                copy.write_row([json.dumps(row[name]) if name in json_names else row[name] for name in names])
    except PsycopgIntegrityError:
        return False
    return True


def covers_ids(column: InstrumentedAttribute[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """A condition that holds for all of `ids` and, if they lie close together, for other ids between them.

    Sending thousands of ids takes longer than reading a few rows too many.
    """
    if len(ids) > MAX_LISTED_IDS and max(ids) - min(ids) < 2 * len(ids):
        return column.between(min(ids), max(ids))
    return column.in_(ids)


def _lock_existing(session: Session, face_ids: Sequence[int]) -> set[int]:
    """The ids of those faces that still exist; they cannot be deleted until the commit."""
    # SQLite ignores FOR KEY SHARE.
    take_write_lock(session)
    query = select(Face.id).where(covers_ids(Face.id, face_ids)).order_by(Face.id)
    return set(session.scalars(query.with_for_update(read=True, key_share=True)))
