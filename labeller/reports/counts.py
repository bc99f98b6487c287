"""Counting: what is there, and in which state."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.confidence_intervals import wilson
from db.models import SHOWN, STANDING, Answer, Face, Person, Photo
from labeller.answers import boxes
from labeller.people.people import everyone


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


def totals(session: Session) -> Counts:
    """All counts in four small queries."""
    statuses = session.execute(
        select(Photo.status, func.count()).where(SHOWN).group_by(Photo.status)
    ).tuples()
    states = session.execute(select(Face.state, func.count()).group_by(Face.state)).tuples()
    labels = session.execute(
        select(Face.label, func.count()).where(Face.state == "confirmed").group_by(Face.label)
    ).tuples()
    return Counts(
        photos_by_status=dict(statuses.all()),
        faces_by_state=dict(states.all()),
        by_label={label: count for label, count in labels if label},
        answers=session.scalar(select(func.count(Answer.id)).where(STANDING)) or 0,
        people=session.scalar(select(func.count(Person.id)).where(Person.role == "friend")) or 0,
    )


@dataclass(frozen=True)
class Given:
    """What one person gave: photos of theirs, faces found in them, answers, and when a photo last came."""

    person: Person
    photos: int
    faces: int
    answers: int
    last_sent: datetime | None


def people(session: Session) -> list[Given]:
    """Everybody who takes part, by id, in three queries."""
    here = SHOWN, Photo.person_id.is_not(None)
    sent = select(Photo.person_id, func.count(), func.max(Photo.created_at)).where(*here)
    photos = {row[0]: row[1:] for row in session.execute(sent.group_by(Photo.person_id))}
    found = (
        select(Photo.person_id, func.count())
        .join(Photo.faces)
        .where(*here, Face.state != "rejected", Face.doubtful.is_(False))
    )
    faces = dict(session.execute(found.group_by(Photo.person_id)).tuples().all())
    given = select(Answer.person_id, func.count()).where(STANDING).group_by(Answer.person_id)
    answers = dict(session.execute(given).tuples().all())
    listed = []
    for person in everyone(session):
        count, last = photos.get(person.id, (0, None))
        listed.append(Given(person, count, faces.get(person.id, 0), answers.get(person.id, 0), last))
    return listed


def detector_recall(session: Session) -> dict[str, float] | None:
    """The share of faces that the detector found on photos marked complete, as {value, low, high} (95 %)
    with n faces and how many photos; None as long as no face is on such a photo."""
    found, there, photos = boxes.found_of_all(session)
    return wilson(found, there) | {"n": there, "photos": photos} if there else None
