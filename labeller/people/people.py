"""Who takes part: their names, tokens and personal links, and two who turn out to be one."""

import hashlib
import secrets

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.base import Base
from db.models import ROLES, Answer, Event, Face, Invite, Lease, Person, Photo, Token
from db.settings import settings
from labeller.errors import BadAnswer, NotFound, NotInvited
from labeller.photos.splits import join_person

LONGEST_NAME = 80
MENTIONS: tuple[tuple[type[Base], str], ...] = (
    (Photo, "person_id"),
    (Photo, "uploaded_by"),
    (Photo, "completed_by"),
    (Face, "decided_by"),
    (Answer, "person_id"),
    (Lease, "person_id"),
    (Event, "person_id"),
    (Invite, "person_id"),
)
"""Where rows name a person whom they do not belong to alone; tokens and upload parts do."""


def get_person(session: Session, person_id: int) -> Person:
    """The person, or NotFound; one who was merged is the other by now."""
    person = standing(session, person_id)
    if person is None:
        raise NotFound("no_such_person", "There is no such person.", "They may have been deleted.")
    return person


def standing(session: Session, person_id: int) -> Person | None:
    """The person that this id stands for today; None when they are gone or being erased."""
    person = session.get(Person, person_id)
    while person is not None and person.merged_into_id is not None:
        person = session.get(Person, person.merged_into_id)
    return person if person is not None and person.erasing_at is None else None


def everyone(session: Session) -> list[Person]:
    """All who take part, by id."""
    here = Person.merged_into_id.is_(None), Person.erasing_at.is_(None)
    return list(session.scalars(select(Person).where(*here).order_by(Person.id)))


def owner(session: Session) -> Person:
    """The first owner; made when there is none."""
    found = session.scalar(select(Person).where(Person.role == "owner").order_by(Person.id).limit(1))
    return found or new_person(session, "Owner", "owner")


def new_person(session: Session, name: str, role: str) -> Person:
    person = Person(name=clean_name(name), role=role)
    session.add(person)
    session.flush()
    return person


def person_named(session: Session, name: str, role: str = "friend") -> Person:
    """The first person of this name, made when there is none."""
    known = Person.name == clean_name(name), Person.erasing_at.is_(None)
    found = session.scalar(select(Person).where(*known).order_by(Person.id).limit(1))
    return found or new_person(session, name, role)


def clean_name(name: str) -> str:
    """The name on one line. Raises BadAnswer without one."""
    name = " ".join(name.split())[:LONGEST_NAME]
    if not name:
        raise BadAnswer("no_name", "Please say what to call you.", "A first name is enough.")
    return name


def rename(session: Session, person: Person, name: str) -> None:
    person.name = clean_name(name)


def merge(session: Session, other: Person, into: Person, by: Person) -> None:
    """Make `other` one with `into`: photos, answers, split, and whatever signs `other` in, follow.

    Raises BadAnswer unless both have the same role, so that no link gains rights.
    """
    if other.id == into.id or other.role != into.role:
        raise BadAnswer(
            "bad_merge", "These two cannot become one.", "Choose another person of the same role."
        )
    twins = select(Photo.sha256).where(Photo.person_id == into.id)
    doubled = update(Photo).where(Photo.person_id == other.id, Photo.sha256.in_(twins))
    session.execute(doubled.values(sha256=None))
    for table, column in MENTIONS:
        mention = getattr(table, column)
        session.execute(update(table).where(mention == other.id).values({column: into.id}))
    session.execute(update(Person).where(Person.merged_into_id == other.id).values(merged_into_id=into.id))
    other.merged_into_id, other.name = into.id, ""
    join_person(session, into)
    session.add(Event(kind="merged", person_id=by.id, detail={"person": other.id, "into": into.id}))
    session.flush()


def personal_link(person: Person) -> str:
    """The secret that signs this person in on any device. It is signed, not stored: it can be shown again."""
    return str(_signer().dumps([person.id, person.link_version]))


def by_personal_link(session: Session, secret: str) -> Person:
    """Whose link this is. Raises NotInvited when it was replaced or its person is gone."""
    try:
        person_id, version = _signer().loads(secret)
    except (BadSignature, ValueError, TypeError) as error:
        raise _link_over() from error
    holder, person = session.get(Person, person_id), standing(session, person_id)
    if holder is None or person is None or holder.link_version != version:
        raise _link_over()
    return person


def replace_link(session: Session, person: Person, by: Person) -> None:
    """Make every personal link of the person void, and end what was signed in by it."""
    family = (Person.id == person.id) | (Person.merged_into_id == person.id)
    session.execute(update(Person).where(family).values(link_version=Person.link_version + 1))
    session.refresh(person)
    session.add(Event(kind="link_replaced", person_id=by.id, detail={"person": person.id}))


def _link_over() -> NotInvited:
    hint = "Ask whoever invited you for a new one."
    return NotInvited("link_over", "This link does not work any more.", hint)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().signing_key(), salt="personal-link")


def issue_token(session: Session, role: str, name: str | None) -> tuple[str, Person]:
    """A bearer token for the person of that name and role, or for a new one; returned only now."""
    if role not in ROLES:
        raise BadAnswer("unknown_role", f"There is no role “{role}”.", f"The roles are {', '.join(ROLES)}.")
    known = Person.name == name, Person.role == role, Person.erasing_at.is_(None)
    person = session.scalar(select(Person).where(*known).limit(1)) if name else None
    if person is None:
        person = new_person(session, name or f"{role} {secrets.token_hex(2)}", role)
    secret = f"sl_{secrets.token_urlsafe(32)}"
    session.add(Token(token_hash=hashed(secret), person_id=person.id))
    return secret, person


def bearer(session: Session, secret: str) -> Person | None:
    """Whose token this is."""
    holder = session.scalar(select(Token.person_id).where(Token.token_hash == hashed(secret)))
    return standing(session, holder) if holder is not None else None


def hashed(secret: str) -> str:
    # A fast hash is enough: the secrets are random, not chosen by people.
    return hashlib.sha256(secret.encode()).hexdigest()
