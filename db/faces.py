"""Rows that belong to faces: a face may be erased while somebody is busy with it."""

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import false, select, update
from sqlalchemy.orm import Session

from db.models import Face
from db.session import insert_missing

AT_ONCE = 5000
"""Well below the number of variables a statement may have on either engine."""


def insert_for_faces(session: Session, model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that have a `face_id`, leaving out those whose face is gone or whose key is there."""
    rest = iter(rows)
    while batch := list(islice(rest, AT_ONCE)):
        kept = _kept(session, {row["face_id"] for row in batch})
        insert_missing(session, model, [row for row in batch if row["face_id"] in kept])


def _kept(session: Session, face_ids: Iterable[int]) -> set[int]:
    """Which of the faces are still there; none of them can be deleted until the commit."""
    # A write that changes nothing: SQLite takes its lock at a write, not at FOR KEY SHARE.
    session.execute(update(Face).where(false()).values(version=0))
    query = select(Face.id).where(Face.id.in_(face_ids))
    return set(session.scalars(query.with_for_update(read=True, key_share=True)))
