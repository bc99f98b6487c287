"""The people who take part: finding, naming, and merging two who are the same person."""

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from db.base import Base
from db.models import (
    Answer,
    AssignedFace,
    Assignment,
    BrowserSession,
    Clip,
    Comment,
    DatasetVersion,
    Event,
    Export,
    Face,
    Import,
    Invite,
    Lease,
    Passkey,
    Person,
    Photo,
    PredictionBatch,
    SavedFilter,
    Token,
)
from db.texts import one_line
from labeller.errors import BadAnswer, NotFound
from labeller.photos.splits import join_groups

LONGEST_NAME = 80
LISTED = 200
"""People in one list to choose from, at most."""
ACTIVE = (Person.merged_into_id.is_(None), Person.erasing_at.is_(None))
"""Conditions for the people who take part."""
MENTIONS: tuple[tuple[type[Base], str], ...] = (
    (Photo, "person_id"),
    (Photo, "uploaded_by"),
    (Photo, "completed_by"),
    (Clip, "person_id"),
    (Clip, "uploaded_by"),
    (Comment, "person_id"),
    (Comment, "resolved_by"),
    (Export, "requested_by"),
    (Import, "person_id"),
    (Import, "requested_by"),
    (Face, "decided_by"),
    (Answer, "person_id"),
    (AssignedFace, "answered_by"),
    (Assignment, "person_id"),
    (Assignment, "created_by"),
    (Lease, "person_id"),
    (Event, "person_id"),
    (Invite, "person_id"),
    (SavedFilter, "person_id"),
    (DatasetVersion, "created_by"),
)
"""Columns that name a person and outlive them. What signs them in and upload parts go with their person."""


def get_person(session: Session, person_id: int) -> Person:
    """The person, or the one they were merged into. Raises NotFound."""
    person = find_person(session, person_id)
    if person is None:
        raise NotFound("no_such_person", "There is no such person.", "They may have been deleted.")
    return person


def find_person(session: Session, person_id: int) -> Person | None:
    """The person, or the one they were merged into; None if they are deleted or being deleted."""
    person = session.get(Person, person_id)
    while person is not None and person.merged_into_id is not None:
        person = session.get(Person, person.merged_into_id)
    return person if person is not None and person.erasing_at is None else None


def everyone(session: Session) -> list[Person]:
    """Everybody who takes part, by id."""
    return list(session.scalars(select(Person).where(*ACTIVE).order_by(Person.id)))


def to_choose_from(session: Session, *where: ColumnElement[bool], chosen: int | None = None) -> list[Person]:
    """Those of the people that match, by id; of more than LISTED the newest, and the chosen one."""
    newest = select(Person).where(*ACTIVE, *where).order_by(Person.id.desc()).limit(LISTED)
    listed = {person.id: person for person in session.scalars(newest)}
    if chosen is not None and chosen not in listed and (person := find_person(session, chosen)):
        listed[person.id] = person
    return [listed[id] for id in sorted(listed)]


def newest(session: Session, count: int) -> list[Person]:
    """The people who came last, by name."""
    active = Person.merged_into_id.is_(None), Person.erasing_at.is_(None)
    people = session.scalars(select(Person).where(*active).order_by(Person.id.desc()).limit(count))
    return sorted(people, key=lambda person: (person.name.casefold(), person.id))


def owner(session: Session) -> Person:
    """The first owner; created if there is none."""
    first = session.scalar(select(Person).where(Person.role == "owner").order_by(Person.id).limit(1))
    return first or new_person(session, "Owner", "owner")


def new_person(session: Session, name: str, role: str) -> Person:
    """A new person with an id. Raises BadAnswer without a name."""
    person = Person(name=clean_name(name), role=role)
    session.add(person)
    session.flush()
    return person


def clean_name(name: str) -> str:
    """The name on one line. Raises BadAnswer without one, BadInput for control characters."""
    name = one_line(name, LONGEST_NAME)
    if not name:
        raise BadAnswer("no_name", "Please say what to call you.", "A first name is enough.")
    return name


def rename(session: Session, person: Person, name: str, by: Person) -> None:
    """Set the person's name. Raises BadAnswer without one."""
    person.name = clean_name(name)
    session.add(Event(kind="renamed", person_id=by.id, detail={"person": person.id}))


def merge(session: Session, other: Person, into: Person, by: Person) -> None:
    """Merge `other` into `into`, with photos, answers, split, and all that signs `other` in.

    Raises BadAnswer unless both have the same role, so that no link gains rights.
    """
    if other.id == into.id or other.role != into.role:
        raise BadAnswer(
            "bad_merge", "These two cannot become one.", "Choose another person of the same role."
        )
    twins = select(Photo.sha256).where(Photo.person_id == into.id)
    duplicates = update(Photo).where(Photo.person_id == other.id, Photo.sha256.in_(twins))
    session.execute(duplicates.values(sha256=None))
    for table, column in MENTIONS:
        mention = getattr(table, column)
        session.execute(update(table).where(mention == other.id).values({column: into.id}))
    _move_ways_in(session, other, into)
    session.execute(update(Person).where(Person.merged_into_id == other.id).values(merged_into_id=into.id))
    other.merged_into_id, other.name = into.id, ""
    join_groups(session, Photo.person_id == into.id)
    session.add(Event(kind="merged", person_id=by.id, detail={"person": other.id, "into": into.id}))
    session.flush()


def _move_ways_in(session: Session, other: Person, into: Person) -> None:
    """Sessions, tokens, passkeys and what `other` waits for become those of `into`, who can end them."""
    standing = BrowserSession.person_id == other.id, BrowserSession.link_version == other.link_version
    newest = select(Person.link_version).where(Person.id == into.id).scalar_subquery()
    sessions = update(BrowserSession).where(*standing).values(person_id=into.id, link_version=newest)
    session.execute(sessions, execution_options={"synchronize_session": False})
    for table in (Token, Passkey, PredictionBatch):
        session.execute(update(table).where(table.person_id == other.id).values(person_id=into.id))
