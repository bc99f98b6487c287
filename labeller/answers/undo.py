"""What an undo takes back, and what a redo brings back: each person's own answers, the last one first."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, aliased

from db.base import now
from db.models import STANDING, Answer, Person
from labeller.errors import NothingToUndo

KINDS = ("undo", "redo")


def mine(person: Person) -> tuple[ColumnElement[bool], ...]:
    """The person's answers that can be taken back."""
    return Answer.person_id == person.id, STANDING


def target(session: Session, person: Person, kind: str, face_id: int | None) -> Answer | None:
    """What an undo or redo takes back, on that face or on any; None for every other kind of answer.

    Raises NothingToUndo.
    """
    if kind not in KINDS:
        return None
    here = [Answer.face_id == face_id] if face_id is not None else []
    query = select(Answer).where(*mine(person), *here) if kind == "undo" else _undos(person, here)
    found = session.scalar(query.order_by(Answer.id.desc()).limit(1))
    if found is None:
        where = " on this face" if here else ""
        what = "answer left to take back" if kind == "undo" else "undo to take back"
        raise NothingToUndo("nothing_to_undo", f"You have no {what}{where}.")
    return found


def take_back(session: Session, answer: Answer) -> None:
    """Mark an answer as undone; an undo thereby brings back what it had taken."""
    answer.undone_at = now()
    if answer.kind == "undo" and answer.undoes_id is not None:
        session.get_one(Answer, answer.undoes_id).undone_at = None


def _undos(person: Person, here: Sequence[ColumnElement[bool]]) -> Select[Answer]:
    """Undos that stand, unless the person answered something new since."""
    later = aliased(Answer)
    since = select(later.id).where(later.person_id == person.id, later.kind.not_in(KINDS))
    if here:
        since = since.where(later.face_id == Answer.face_id)
    undos = select(Answer).where(Answer.person_id == person.id, Answer.kind == "undo", *here)
    return undos.where(Answer.undone_at.is_(None), ~since.where(later.id > Answer.id).exists())
