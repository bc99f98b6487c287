"""Counts of photos, faces, answers and people. None of them takes longer with more rows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, Select, func, select
from sqlalchemy.orm import Session

from db import counters
from db.confidence_intervals import Interval, share
from db.counters import COUNTED
from db.models import SHOWN, Face, Person, Photo
from labeller.answers import boxes
from labeller.people.people import ACTIVE

STATUSES = ("queued", "running", "ready", "failed")
PEOPLE = 50
"""People on a page."""


@dataclass(frozen=True)
class Counts:
    """Photos by status, faces by state, labelled faces by label, and the numbers of answers and friends."""

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
    states = counters.totals(session, "faces")
    if hidden := states.pop("hidden", 0):
        states["proposed"] = states.get("proposed", 0) + hidden
    return Counts(
        photos_by_status=counters.totals(session, "photos", STATUSES),
        faces_by_state=states,
        by_label=counters.totals(session, "labels"),
        answers=sum(counters.totals(session, "answers").values()),
        people=session.scalar(select(func.count(Person.id)).where(Person.role == "friend")) or 0,
    )


@dataclass(frozen=True)
class PersonCounts:
    """A person's photos, the likely faces in them, the person's answers, and when a photo was last sent.

    `faces` are counted up to COUNTED.
    """

    person: Person
    photos: int
    faces: int
    answers: int
    last_sent: datetime | None


def counts_by_person(session: Session, after: int = 0, limit: int = PEOPLE) -> list[PersonCounts]:
    """The counts of those who take part, by id, at most `limit` of them with an id above `after`."""
    own = select(Photo.id).where(Photo.person_id == Person.id, SHOWN)
    last = own.with_only_columns(Photo.created_at).order_by(Photo.id.desc()).limit(1).scalar_subquery()
    query = select(Person, _count_likely(own.correlate(Person)), last).where(*ACTIVE, Person.id > after)
    people = session.execute(query.order_by(Person.id).limit(limit)).tuples().all()
    keys = [f"{person.id}:{status}" for person, _, _ in people for status in STATUSES]
    photos = counters.totals(session, "photos_of", keys)
    answers = counters.totals(session, "answers_of", [str(person.id) for person, _, _ in people])
    return [
        PersonCounts(
            person=person,
            photos=sum(photos.get(f"{person.id}:{status}", 0) for status in STATUSES),
            faces=faces,
            answers=answers.get(str(person.id), 0),
            last_sent=sent_at,
        )
        for person, faces, sent_at in people
    ]


def counts_of(session: Session, person: Person) -> PersonCounts:
    """The counts of one person."""
    (row,) = counts_by_person(session, after=person.id - 1, limit=1)
    return row


def count_likely(session: Session, photos: Select[int]) -> int:
    """How many likely faces there are in the photos that are selected, counted up to COUNTED."""
    return session.scalar(select(_count_likely(photos))) or 0


def _count_likely(photos: Select[int]) -> ScalarSelect[int]:
    likely = Face.doubtful.is_(False), Face.state != "rejected"
    faces = photos.join(Face, Face.photo_id == Photo.id).where(*likely).limit(COUNTED)
    return select(func.count()).select_from(faces.subquery()).scalar_subquery()


def detector_recall(session: Session) -> Interval | None:
    """The share of the faces on the newest complete photos that the detector found, and how many `photos`."""
    found = boxes.detected(session)
    recall = share([by_detector for _, _, by_detector in found], [group for group, _, _ in found])
    return recall and recall | {"photos": len({photo for _, photo, _ in found})}
