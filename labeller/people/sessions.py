"""Sessions of signed-in browsers: the cookie holds a random secret, all else is in the row."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import ColumnElement, CursorResult, Select, Update, delete, or_, select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import BrowserSession, Event, PasskeyChallenge, Person
from labeller.errors import NotFound
from labeller.people.credentials import TOUCHED_EVERY, hashed, is_secret
from labeller.people.devices import device_name
from labeller.people.people import find_person

How = Literal["invitation", "personal link", "owner link", "passkey", "earlier cookie"]
"""How a session began. The last is for browsers that were signed in when sessions came to be listed."""
IDLE, LONGEST = timedelta(days=90), timedelta(days=365)
"""A session that nobody uses ends after IDLE, any after LONGEST."""
KEPT = timedelta(days=30)
"""How long the row of a session that is over is kept."""


@dataclass(frozen=True)
class Visitor:
    """Who sent a request, and the session that says so."""

    person: Person
    session: BrowserSession


def begin(session: Session, person: Person, how: How, user_agent: str) -> tuple[str, BrowserSession]:
    """A new session of the person; returns its secret, which is not stored, and its row."""
    secret = secrets.token_urlsafe(32)
    row = BrowserSession(
        secret_hash=hashed(secret),
        person_id=person.id,
        role=person.role,
        link_version=person.link_version,
        how=how,
        device=device_name(user_agent),
        expires_at=now() + IDLE,
    )
    session.add(row)
    session.flush()
    session.add(Event(kind="signed_in", person_id=person.id, detail={"session": row.id, "how": how}))
    return secret, row


def find(session: Session, secret: object) -> Visitor | None:
    """Who is signed in by the session of this secret; None if it is over."""
    if not isinstance(secret, str) or not is_secret(secret):
        return None
    query = select(BrowserSession, Person).join(Person, Person.id == BrowserSession.person_id)
    found = session.execute(query.where(BrowserSession.secret_hash == hashed(secret), *_standing())).first()
    if found is None:
        return None
    row, holder = found
    person = find_person(session, holder.id)
    return Visitor(person, row) if person is not None and person.role == row.role else None


def touch(session: Session, row: BrowserSession) -> bool:
    """Note that the session was used, once in TOUCHED_EVERY; returns whether something is to commit."""
    at = now()
    if at - row.seen_at < TOUCHED_EVERY:
        return False
    row.seen_at, row.expires_at = at, min(at + IDLE, row.created_at + LONGEST)
    return True


def still_stands(session: Session, session_id: int) -> bool:
    """Whether the session is not over, asked of the database anew."""
    query = select(BrowserSession.id).join(Person, Person.id == BrowserSession.person_id)
    return session.scalar(query.where(BrowserSession.id == session_id, *_standing())) is not None


def of_person(session: Session, person: Person) -> list[BrowserSession]:
    """The person's sessions that are not over, the last used first."""
    query = select(BrowserSession).join(Person, Person.id == BrowserSession.person_id)
    query = query.where(_belongs_to(person), *_standing())
    return list(session.scalars(query.order_by(BrowserSession.seen_at.desc(), BrowserSession.id.desc())))


def end(session: Session, session_id: int, person: Person, by: Person) -> None:
    """End one session of the person. Raises NotFound if they have none of this id."""
    ending = update(BrowserSession).where(BrowserSession.id == session_id, _belongs_to(person))
    if not _end(session, ending.where(BrowserSession.ended_at.is_(None)), person):
        raise NotFound("no_such_session", "There is no such session.", "It may have ended already.")
    kind = "session_ended"
    session.add(Event(kind=kind, person_id=by.id, detail={"person": person.id, "session": session_id}))


def end_all(session: Session, person: Person, by: Person) -> int:
    """End every session of the person; returns how many."""
    ending = update(BrowserSession).where(_belongs_to(person), BrowserSession.ended_at.is_(None))
    count = _end(session, ending, person)
    detail = {"person": person.id, "sessions": count}
    session.add(Event(kind="sessions_ended", person_id=by.id, detail=detail))
    return count


def sign_out(session: Session, visitor: Visitor) -> None:
    """End the session that the visitor uses."""
    row, person = visitor.session, visitor.person
    _end(session, update(BrowserSession).where(BrowserSession.id == row.id), person)
    session.add(Event(kind="signed_out", person_id=person.id, detail={"session": row.id}))


def tidy(session: Session) -> None:
    """Delete sessions that have been over for KEPT, and challenges that nobody answered."""
    before = now() - KEPT
    is_over = or_(BrowserSession.ended_at < before, BrowserSession.expires_at < before)
    session.execute(delete(BrowserSession).where(is_over))
    session.execute(delete(PasskeyChallenge).where(PasskeyChallenge.expires_at < now()))


def _end(session: Session, ending: Update, person: Person) -> int:
    result = session.execute(ending.values(ended_at=now()))
    assert isinstance(result, CursorResult)
    # A copy of an old cookie must not outlive the first session that somebody ends on purpose.
    session.execute(update(Person).where(Person.id.in_(_family(person))).values(old_cookies=False))
    return result.rowcount


def _standing() -> tuple[ColumnElement[bool], ...]:
    """The conditions for a session, joined to its person, to be valid."""
    return (
        BrowserSession.ended_at.is_(None),
        BrowserSession.expires_at > now(),
        BrowserSession.link_version == Person.link_version,
        BrowserSession.role == Person.role,
        Person.erasing_at.is_(None),
    )


def _belongs_to(person: Person) -> ColumnElement[bool]:
    """Sessions of the person, and of those who were merged into them while signing in."""
    return BrowserSession.person_id.in_(_family(person))


def _family(person: Person) -> Select[int]:
    """The ids of the person and of those who were merged into them."""
    return select(Person.id).where(or_(Person.id == person.id, Person.merged_into_id == person.id))
