"""The notes on one face, and those of the whole workbench page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from db.models import SHOWN, Comment, Face

State = Literal["open", "resolved"]
OPEN = (Comment.answers_id.is_(None), Comment.resolved_at.is_(None))
"""Conditions for notes that are not resolved."""
_IN = {"open": Comment.resolved_at.is_(None), "resolved": Comment.resolved_at.is_not(None)}


@dataclass(frozen=True)
class Thread:
    """A note with the answers to it, oldest first."""

    note: Comment
    answers: list[Comment]


@dataclass(frozen=True)
class ThreadPage:
    """`next` is the cursor of the page after this one; None on the last."""

    items: list[Thread]
    next: int | None


def threads_on(session: Session, face_id: int) -> list[Thread]:
    """The notes on a face with their answers, oldest first."""
    return _threads(session, [Comment.face_id == face_id])


def threads(session: Session, state: State | None, cursor: int | None, limit: int) -> ThreadPage:
    """Notes on faces that are shown, newest first; of one state, or of both."""
    where: list[ColumnElement[bool]] = [] if state is None else [_IN[state]]
    if cursor is not None:
        where.append(Comment.id < cursor)
    ids = select(Comment.id).join(Comment.face).join(Face.photo)
    ids = ids.where(SHOWN, Comment.answers_id.is_(None), *where)
    found = list(session.scalars(ids.order_by(Comment.id.desc()).limit(limit + 1)))
    items = _threads(session, [Comment.id.in_(found[:limit])])[::-1] if found else []
    return ThreadPage(items, found[limit - 1] if len(found) > limit else None)


def count_open(session: Session, face_ids: Sequence[int]) -> dict[int, int]:
    """How many open notes there are on each of the faces that have any."""
    query = select(Comment.face_id).where(Comment.face_id.in_(face_ids), *OPEN)
    counts: dict[int, int] = {}
    for face_id in session.scalars(query):
        counts[face_id] = counts.get(face_id, 0) + 1
    return counts


def _threads(session: Session, notes: Sequence[ColumnElement[bool]]) -> list[Thread]:
    """The notes that match with their answers, both oldest first."""
    loaded = (joinedload(Comment.person), contains_eager(Comment.face).contains_eager(Face.photo))
    query = select(Comment).join(Comment.face).join(Face.photo).where(SHOWN).options(*loaded)
    found = list(session.scalars(query.where(Comment.answers_id.is_(None), *notes).order_by(Comment.id)))
    answering = Comment.answers_id.in_([note.id for note in found])
    answers = list(session.scalars(query.where(answering).order_by(Comment.id))) if found else []
    return [Thread(note, [one for one in answers if one.answers_id == note.id]) for note in found]
