"""What signs people in: personal links and bearer tokens."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ColumnElement, bindparam, or_, select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import ROLES, Event, Person, Token
from db.settings import settings
from db.texts import one_line
from labeller.errors import BadAnswer, NotFound, NotInvited
from labeller.people import find
from labeller.people.people import find_person, new_person

SCOPES = ("all", "read", "send", "label")
"""What a token may be used for; `web.auth.token_scopes` has the requests of each."""
TOKEN_DAYS, MOST_TOKEN_DAYS = 365, 3650
TOUCHED_EVERY = timedelta(minutes=1)
LONGEST_TOKEN_NAME = 80
SECRET_LENGTHS = range(20, 101)
"""Characters of a secret; what is longer or shorter is none of ours, and is not hashed."""
_STANDING: tuple[ColumnElement[bool], ...] = (
    Token.revoked_at.is_(None),
    or_(Token.expires_at.is_(None), Token.expires_at > bindparam("now", callable_=lambda: now())),
    Token.role == Person.role,
    Person.erasing_at.is_(None),
)
"""The conditions for a token, joined to its person, to be valid."""
_OF_SECRET = (  # built once, since each request asks
    select(Token, Person)
    .join(Person, Person.id == Token.person_id)
    .where(Token.token_hash == bindparam("token_hash"), *_STANDING)
)


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
    """Invalidate every personal link of the person and every session, however it began."""
    family = (Person.id == person.id) | (Person.merged_into_id == person.id)
    values = {"link_version": Person.link_version + 1, "old_cookies": False}
    session.execute(update(Person).where(family).values(values))
    session.refresh(person)
    session.add(Event(kind="link_replaced", person_id=by.id, detail={"person": person.id}))


def _invalid_link() -> NotInvited:
    hint = "Ask whoever invited you for a new one."
    return NotInvited("link_over", "This link does not work any more.", hint)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().signing_key(), salt="personal-link")


@dataclass(frozen=True)
class Terms:
    """What a token is called, what it may be used for, and for how many days."""

    name: str = ""
    scope: str = "all"
    days: int = TOKEN_DAYS


_DEFAULT = Terms()


def issue_token(
    session: Session, role: str, reference: str | None, terms: Terms = _DEFAULT
) -> tuple[str, Person]:
    """A bearer token for the person of this role whom an id or a name means, or for a new one.

    Raises BadAnswer for an unknown role or terms out of range, AmbiguousPerson, NotFound for an unknown id.
    """
    if role not in ROLES:
        raise BadAnswer("unknown_role", f"There is no role “{role}”.", f"The roles are {', '.join(ROLES)}.")
    person = find.named(session, reference, role) if reference else None
    if person is None:
        person = new_person(session, reference or f"{role} {secrets.token_hex(2)}", role)
    return add_token(session, person, None, terms)[0], person


def add_token(
    session: Session, person: Person, by: Person | None, terms: Terms = _DEFAULT
) -> tuple[str, Token]:
    """A bearer token for the person; returns its secret, which is not stored, and its row.

    `by` is None for whoever can run commands on this machine. Raises BadAnswer for terms out of range.
    """
    if terms.scope not in SCOPES:
        hint = f"Use one of {', '.join(SCOPES)}."
        raise BadAnswer("unknown_scope", f"There is no scope “{terms.scope}”.", hint)
    if not 1 <= terms.days <= MOST_TOKEN_DAYS:
        hint = f"It may be valid for 1 to {MOST_TOKEN_DAYS} days."
        raise BadAnswer("bad_token", "This token cannot be made.", hint)
    secret = f"sl_{secrets.token_urlsafe(32)}"
    token = Token(
        token_hash=hashed(secret),
        person_id=person.id,
        name=one_line(terms.name, LONGEST_TOKEN_NAME),
        role=person.role,
        scope=terms.scope,
        expires_at=now() + timedelta(days=terms.days),
    )
    session.add(token)
    session.flush()
    detail = {"token": token.id, "person": person.id, "scope": token.scope}
    session.add(Event(kind="token_issued", person_id=by.id if by else None, detail=detail))
    return secret, token


@dataclass(frozen=True)
class Bearer:
    """Who sent a request, and the token that says so."""

    person: Person
    token: Token


def find_token(session: Session, secret: str) -> Bearer | None:
    """Whose bearer token this is; None if it is unknown, revoked or expired."""
    if not is_secret(secret):
        return None
    found = session.execute(_OF_SECRET, {"token_hash": hashed(secret)}).first()
    if found is None:
        return None
    token, holder = found
    person = find_person(session, holder.id)
    return Bearer(person, token) if person is not None and person.role == token.role else None


def person_of_token(session: Session, secret: str) -> Person | None:
    """The person whose bearer token this is, or None."""
    bearer = find_token(session, secret)
    return bearer.person if bearer else None


def touch_token(token: Token) -> bool:
    """Note that the token was used, at most once in TOUCHED_EVERY; returns whether something is to commit."""
    at = now()
    if token.used_at is not None and at - token.used_at < TOUCHED_EVERY:
        return False
    token.used_at = at
    return True


def token_still_stands(session: Session, token_id: int) -> bool:
    """Whether the token is valid, asked of the database anew."""
    query = select(Token.id).join(Person, Person.id == Token.person_id)
    return session.scalar(query.where(Token.id == token_id, *_STANDING)) is not None


def tokens(
    session: Session, person: Person | None = None, before: int = 0, limit: int | None = None
) -> list[tuple[Token, Person]]:
    """The valid tokens, newest first, with whose they are; of one person, or of everybody.

    With `before` those with a smaller id than that.
    """
    query = select(Token, Person).join(Person, Person.id == Token.person_id).where(*_STANDING)
    if person is not None:
        query = query.where(Token.person_id == person.id)
    if before:
        query = query.where(Token.id < before)
    return [row._tuple() for row in session.execute(query.order_by(Token.id.desc()).limit(limit))]


def revoke_token(session: Session, token_id: int, by: Person) -> None:
    """End a token on behalf of `by`, who has to be an owner if it is another's. Raises NotFound."""
    mine = Token.id == token_id, *_STANDING
    if by.role != "owner":
        mine = *mine, Token.person_id == by.id
    query = select(Token).join(Person, Person.id == Token.person_id).where(*mine)
    token = session.scalar(query)
    if token is None:
        raise NotFound("no_such_token", "There is no such token.", "It may have been revoked already.")
    token.revoked_at = now()
    detail = {"token": token.id, "person": token.person_id}
    session.add(Event(kind="token_revoked", person_id=by.id, detail=detail))


def is_secret(text: str) -> bool:
    """Whether the text may be a secret of ours at all."""
    return len(text) in SECRET_LENGTHS and text.isascii()


def hashed(secret: str) -> str:
    """The hash under which a secret is stored."""
    # A fast hash is enough: the secrets are random, not chosen by people.
    return hashlib.sha256(secret.encode()).hexdigest()
