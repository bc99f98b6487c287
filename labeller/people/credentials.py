"""What signs people in: personal links and bearer tokens."""

import hashlib
import secrets

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.models import ROLES, Event, Person, Token
from db.settings import settings
from labeller.errors import BadAnswer, NotInvited
from labeller.people.people import find_person, new_person


def personal_link(person: Person) -> str:
    """The secret that signs this person in on any device. Signed, not stored: it can be shown again."""
    return str(_signer().dumps([person.id, person.link_version]))


def person_of_link(session: Session, secret: str) -> Person:
    """The person whose link this is. Raises NotInvited if it was replaced or the person is deleted."""
    try:
        person_id, version = _signer().loads(secret)
    except (BadSignature, ValueError, TypeError) as error:
        raise _invalid_link() from error
    holder, person = session.get(Person, person_id), find_person(session, person_id)
    if holder is None or person is None or holder.link_version != version:
        raise _invalid_link()
    return person


def replace_link(session: Session, person: Person, by: Person) -> None:
    """Invalidate every personal link of the person and every session that began with one."""
    family = (Person.id == person.id) | (Person.merged_into_id == person.id)
    session.execute(update(Person).where(family).values(link_version=Person.link_version + 1))
    session.refresh(person)
    session.add(Event(kind="link_replaced", person_id=by.id, detail={"person": person.id}))


def _invalid_link() -> NotInvited:
    hint = "Ask whoever invited you for a new one."
    return NotInvited("link_over", "This link does not work any more.", hint)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().signing_key(), salt="personal-link")


def issue_token(session: Session, role: str, name: str | None) -> tuple[str, Person]:
    """A bearer token for the person of that name and role, or for a new one. It cannot be shown again.

    Raises BadAnswer for an unknown role.
    """
    if role not in ROLES:
        raise BadAnswer("unknown_role", f"There is no role “{role}”.", f"The roles are {', '.join(ROLES)}.")
    named = Person.name == name, Person.role == role, Person.erasing_at.is_(None)
    person = session.scalar(select(Person).where(*named).limit(1)) if name else None
    if person is None:
        person = new_person(session, name or f"{role} {secrets.token_hex(2)}", role)
    secret = f"sl_{secrets.token_urlsafe(32)}"
    session.add(Token(token_hash=hashed(secret), person_id=person.id))
    return secret, person


def person_of_token(session: Session, secret: str) -> Person | None:
    """The person whose bearer token this is, or None."""
    holder = session.scalar(select(Token.person_id).where(Token.token_hash == hashed(secret)))
    return find_person(session, holder) if holder is not None else None


def hashed(secret: str) -> str:
    """The hash under which a secret is stored."""
    # A fast hash is enough: the secrets are random, not chosen by people.
    return hashlib.sha256(secret.encode()).hexdigest()
