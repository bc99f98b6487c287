"""What an undo takes back and a redo brings back: the person's own answers, the last one first."""

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from db.base import now
from db.models import STANDING, Answer, Person
from labeller.errors import NothingToUndo

KINDS = ("undo", "redo")
_NOTHING = {
    ("undo", False): "You have no answer left to take back.",
    ("undo", True): "You have no answer left to take back on this face.",
    ("redo", False): "You have no undo to take back.",
    ("redo", True): "You have no undo to take back on this face.",
}


def standing_of(person: Person) -> tuple[ColumnElement[bool], ...]:
    """Conditions for the person's answers that can be taken back."""
    return Answer.person_id == person.id, STANDING


def find_target(session: Session, person: Person, kind: str, face_id: int | None) -> Answer:
    """The answer that an undo takes back, or the undo that a redo takes back; on one face or on any.

    Raises NothingToUndo.
    """
    on_face = [Answer.face_id == face_id] if face_id is not None else []
    query = select(Answer).where(*standing_of(person), *on_face)
    if kind == "redo":
        query = _undos(person, face_id)
    target = session.scalar(query.order_by(Answer.id.desc()).limit(1))
    if target is None:
        raise NothingToUndo("nothing_to_undo", _NOTHING[kind, face_id is not None])
    return target


def take_back(session: Session, answer: Answer) -> None:
    """Mark an answer as undone. Taking back an undo restores the answer that it had undone."""
    answer.undone_at = now()
    if answer.kind == "undo" and answer.undoes_id is not None:
        session.get_one(Answer, answer.undoes_id).undone_at = None


def _undos(person: Person, face_id: int | None) -> Select[Answer]:
    """The person's standing undos that no newer answer of theirs follows, on one face or on any."""
    on_face = [Answer.face_id == face_id] if face_id is not None else []
    later = aliased(Answer)
    newest = select(later.id).where(later.person_id == person.id, later.kind.not_in(KINDS))
    if face_id is not None:
        newest = newest.where(later.face_id == face_id)
    last = newest.order_by(later.id.desc()).limit(1).scalar_subquery()
    undos = select(Answer).where(Answer.person_id == person.id, Answer.kind == "undo", *on_face)
    return undos.where(Answer.undone_at.is_(None), Answer.id > func.coalesce(last, 0))
