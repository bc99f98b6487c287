"""Counting: what is there, and in which state."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Answer, Face, Person, Photo


@dataclass(frozen=True)
class Counts:
    """Photos by status, faces by state, confirmed faces by label, and how much there is of each."""

    photos_by_status: dict[str, int]
    faces_by_state: dict[str, int]
    by_label: dict[str, int]
    answers: int
    people: int

    @property
    def photos(self) -> int:
        return sum(self.photos_by_status.values())

    @property
    def faces(self) -> int:
        return sum(self.faces_by_state.values())


def counts(session: Session) -> Counts:
    """All counts in four small queries."""
    statuses = session.execute(select(Photo.status, func.count()).group_by(Photo.status)).tuples()
    states = session.execute(select(Face.state, func.count()).group_by(Face.state)).tuples()
    labels = session.execute(
        select(Face.label, func.count()).where(Face.state == "confirmed").group_by(Face.label)
    ).tuples()
    return Counts(
        photos_by_status=dict(statuses.all()),
        faces_by_state=dict(states.all()),
        by_label={label: count for label, count in labels if label},
        answers=session.scalar(select(func.count(Answer.id)).where(Answer.undone_at.is_(None))) or 0,
        people=session.scalar(select(func.count(Person.id)).where(Person.role == "friend")) or 0,
    )
