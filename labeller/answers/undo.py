"""What an undo takes back and a redo brings back: the person's own answers, the last one first."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, select
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
        query = _undos(person, on_face)
    target = session.scalar(query.order_by(Answer.id.desc()).limit(1))
    if target is None:
        raise NothingToUndo("nothing_to_undo", _NOTHING[kind, face_id is not None])
    return target


def take_back(session: Session, answer: Answer) -> None:
    """Mark an answer as undone. Taking back an undo restores the answer that it had undone."""
    answer.undone_at = now()
    if answer.kind == "undo" and answer.undoes_id is not None:
        session.get_one(Answer, answer.undoes_id).undone_at = None


def _undos(person: Person, on_face: Sequence[ColumnElement[bool]]) -> Select[Answer]:
    """The person's standing undos that no newer answer of theirs follows."""
    later = aliased(Answer)
    newer = select(later.id).where(later.person_id == person.id, later.kind.not_in(KINDS))
    if on_face:
        newer = newer.where(later.face_id == Answer.face_id)
    undos = select(Answer).where(Answer.person_id == person.id, Answer.kind == "undo", *on_face)
    return undos.where(Answer.undone_at.is_(None), ~newer.where(later.id > Answer.id).exists())
