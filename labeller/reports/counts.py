"""Counts of photos, faces, answers and people. None of them takes longer with more rows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from db import counters
from db.confidence_intervals import Interval, share
from db.counters import COUNTED
from db.models import SHOWN, Face, Person, Photo
from labeller.answers import boxes
from labeller.people.people import ACTIVE

STATUSES = ("queued", "running", "ready", "failed")
PEOPLE = 100
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
    query = select(Person).where(*ACTIVE, Person.id > after).order_by(Person.id).limit(limit)
    people = list(session.scalars(query))
    keys = [f"{person.id}:{status}" for person in people for status in STATUSES]
    photos = counters.totals(session, "photos_of", keys)
    answers = counters.totals(session, "answers_of", [str(person.id) for person in people])
    rows = []
    for person in people:
        count = sum(photos.get(f"{person.id}:{status}", 0) for status in STATUSES)
        faces, last = _in_photos(session, person) if count else (0, None)
        rows.append(PersonCounts(person, count, faces, answers.get(str(person.id), 0), last))
    return rows


def counts_of(session: Session, person: Person) -> PersonCounts:
    """The counts of one person."""
    (row,) = counts_by_person(session, after=person.id - 1, limit=1)
    return row


def _in_photos(session: Session, person: Person) -> tuple[int, datetime | None]:
    """The likely faces in the person's photos, and when the newest was sent."""
    own = Photo.person_id == person.id, SHOWN
    last = select(Photo.created_at).where(*own).order_by(Photo.id.desc()).limit(1)
    return count_likely(session, select(Photo.id).where(*own)), session.scalar(last)


def count_likely(session: Session, photos: Select[int]) -> int:
    """How many likely faces there are in the photos with these ids, counted up to COUNTED."""
    likely = Face.doubtful.is_(False), Face.state != "rejected"
    of_photos = photos.join(Face, Face.photo_id == Photo.id).where(*likely).limit(COUNTED)
    return session.scalar(select(func.count()).select_from(of_photos.subquery())) or 0


def detector_recall(session: Session) -> Interval | None:
    """The share of the faces on the newest complete photos that the detector found, and how many `photos`."""
    found = boxes.detected(session)
    recall = share([by_detector for _, _, by_detector in found], [group for group, _, _ in found])
    return recall and recall | {"photos": len({photo for _, photo, _ in found})}
