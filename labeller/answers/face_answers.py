"""A face with its row locked, and its answers."""

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from db.models import STANDING, Answer, Face
from labeller.errors import NotFound


def lock_face(session: Session, face_id: int) -> Face:
    """The face with its row locked until the commit. Raises NotFound."""
    # Writing first locks the row on both engines.
    updated = session.execute(update(Face).where(Face.id == face_id).values(version=Face.version + 1))
    assert isinstance(updated, CursorResult)
    if updated.rowcount == 0:
        raise NotFound("no_such_face", "There is no such face.", "Its photo may have been deleted.")
    return session.get_one(Face, face_id, populate_existing=True)


def standing_answers(session: Session, face: Face) -> list[Answer]:
    """The face's answers that nobody took back, oldest first."""
    query = select(Answer).where(Answer.face_id == face.id, STANDING)
    return list(session.scalars(query.order_by(Answer.id)))
