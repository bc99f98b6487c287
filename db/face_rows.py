"""Inserting rows that belong to faces, which may be erased in the meantime."""

import json
from collections.abc import Sequence
from itertools import islice
from typing import Any

from psycopg.errors import IntegrityError as PsycopgIntegrityError
from sqlalchemy import JSON, ColumnElement, Table, false, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.models import Face
from db.session import insert_missing

AT_ONCE = 5000
"""Well below the number of variables a statement may have on either engine."""
FEW = 100
"""Values in a statement, up to which it does not matter how they are asked for."""
BULK = 500
"""Rows from which on a stream is worth the savepoint that it may have to fall back to."""


def insert_for_faces(session: Session, model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that have a `face_id`, leaving out those whose face is gone or whose key is there."""
    rest = iter(rows)
    while batch := list(islice(rest, AT_ONCE)):
        if not _copied(session, model.__table__, batch):
            kept = _kept(session, sorted({row["face_id"] for row in batch}))
            insert_missing(session, model, [row for row in batch if row["face_id"] in kept])


def _copied(session: Session, table: Table, rows: list[dict[str, Any]]) -> bool:
    """Whether so many rows could be sent as one stream, which PostgreSQL alone can: five times as fast.

    It refuses them all when a face is gone or a key is there; then each has to be looked at.
    """
    if len(rows) < BULK or session.get_bind().dialect.name != "postgresql":
        return False
    names = list(rows[0])
    texts = {name for name in names if isinstance(table.c[name].type, JSON)}
    target = f"{table.name} ({', '.join(names)})"
    cursor: Any = session.connection().connection.cursor()
    try:
        with session.begin_nested(), cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
            for row in rows:
                copy.write_row([json.dumps(row[name]) if name in texts else row[name] for name in names])
    except PsycopgIntegrityError:
        return False
    return True


def around(column: InstrumentedAttribute[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """A condition that holds for all of `ids`, and where they lie close together for others between them.

    Thousands of single values take longer to send than what they ask for takes to read.
    """
    if len(ids) > FEW and max(ids) - min(ids) < 2 * len(ids):
        return column.between(min(ids), max(ids))
    return column.in_(ids)


def _kept(session: Session, face_ids: Sequence[int]) -> set[int]:
    """Which of the faces are still there; none of them can be deleted until the commit."""
    # A write that changes nothing: SQLite takes its lock at a write, not at FOR KEY SHARE.
    session.execute(update(Face).where(false()).values(version=0))
    query = select(Face.id).where(around(Face.id, face_ids)).order_by(Face.id)
    return set(session.scalars(query.with_for_update(read=True, key_share=True)))
