"""Counts of photos, faces, answers and people."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.confidence_intervals import Interval, share
from db.models import SHOWN, STANDING, Answer, Face, Person, Photo
from labeller.answers import boxes
from labeller.people.people import everyone


@dataclass(frozen=True)
class Counts:
    """Photos by status, faces by state, confirmed faces by label, and the numbers of answers and friends."""

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
    """The counts of the whole workbench."""
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
class PersonCounts:
    """A person's photos, the likely faces in them, the person's answers, and when a photo was last sent."""

    person: Person
    photos: int
    faces: int
    answers: int
    last_sent: datetime | None


def counts_by_person(session: Session) -> list[PersonCounts]:
    """The counts of everybody who takes part, by id, in three queries."""
    shown = SHOWN, Photo.person_id.is_not(None)
    sent = select(Photo.person_id, func.count(), func.max(Photo.created_at)).where(*shown)
    photos = {row[0]: row[1:] for row in session.execute(sent.group_by(Photo.person_id))}
    likely = (
        select(Photo.person_id, func.count())
        .join(Photo.faces)
        .where(*shown, Face.state != "rejected", Face.doubtful.is_(False))
    )
    faces = dict(session.execute(likely.group_by(Photo.person_id)).tuples().all())
    answered = select(Answer.person_id, func.count()).where(STANDING).group_by(Answer.person_id)
    answers = dict(session.execute(answered).tuples().all())
    rows = []
    for person in everyone(session):
        count, last = photos.get(person.id, (0, None))
        rows.append(PersonCounts(person, count, faces.get(person.id, 0), answers.get(person.id, 0), last))
    return rows


def detector_recall(session: Session) -> Interval | None:
    """The share of the faces on complete photos that the detector found, and the number of `photos`."""
    found = boxes.detected(session)
    recall = share([by_detector for _, _, by_detector in found], [group for group, _, _ in found])
    return recall and recall | {"photos": len({photo for _, photo, _ in found})}
