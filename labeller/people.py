"""Invitations, API tokens and the people they make. Secrets are shown once and kept hashed."""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import ROLES, Event, Invite, Person, Token
from labeller.errors import BadAnswer, NotInvited

INVITE_DAYS = 14
FRIENDS_PER_INVITE = 50


def invite(
    session: Session, role: str, person: Person | None = None, uses: int | None = None
) -> tuple[str, datetime]:
    """Make an invitation; returns its secret and when it expires. Friends' links serve many, others one."""
    if role not in ROLES:
        raise BadAnswer("unknown_role", f"There is no role “{role}”.", f"The roles are {', '.join(ROLES)}.")
    secret = secrets.token_urlsafe(24)
    made = Invite(
        token_hash=_hashed(secret),
        role=role,
        person_id=person.id if person else None,
        uses_left=uses or (FRIENDS_PER_INVITE if role == "friend" else 1),
        expires_at=now() + timedelta(days=INVITE_DAYS),
    )
    session.add(made)
    return secret, made.expires_at


def find_invite(session: Session, secret: str) -> Invite:
    """The invitation, still good. Raises NotInvited."""
    found = session.scalar(select(Invite).where(Invite.token_hash == _hashed(secret)))
    if found is None or found.uses_left < 1 or found.expires_at < now():
        raise NotInvited("link_over", "This link has expired or was used already.", "Ask for a new one.")
    return found


def accept(session: Session, secret: str, name: str, consent: bool) -> Person:
    """Use the invitation once. Raises NotInvited; BadAnswer without a name or a friend's consent."""
    found = find_invite(session, secret)
    person = session.get(Person, found.person_id) if found.person_id else None
    if person is None:
        person = _newcomer(found.role, name, consent)
        session.add(person)
    spent = session.execute(
        update(Invite)
        .where(Invite.id == found.id, Invite.uses_left > 0)
        .values(uses_left=Invite.uses_left - 1)
    )
    assert isinstance(spent, CursorResult)
    if spent.rowcount == 0:  # its last use went to somebody else a moment ago
        raise NotInvited("link_over", "This link was used already.", "Ask for a new one.")
    session.flush()
    session.add(Event(kind="signed_in", person_id=person.id, detail={"invite": found.id}))
    return person


def _newcomer(role: str, name: str, consent: bool) -> Person:
    name = " ".join(name.split())[:80]
    if not name:
        raise BadAnswer("no_name", "Please say what to call you.", "A first name is enough.")
    if role == "friend" and not consent:
        raise BadAnswer("no_consent", "Please tick the box first.", "Without your consent we keep nothing.")
    return Person(name=name, role=role, consented_at=now() if consent else None)


def owner(session: Session) -> Person:
    """The first owner; made when there is none."""
    found = session.scalar(select(Person).where(Person.role == "owner").order_by(Person.id).limit(1))
    return found or new_person(session, "Owner", "owner")


def new_person(session: Session, name: str, role: str) -> Person:
    person = Person(name=name, role=role)
    session.add(person)
    session.flush()
    return person


def person_named(session: Session, name: str, role: str = "friend") -> Person:
    """The first person of this name, made when there is none."""
    found = session.scalar(select(Person).where(Person.name == name).order_by(Person.id).limit(1))
    return found or new_person(session, name, role)


def issue_token(session: Session, role: str, name: str | None) -> tuple[str, Person]:
    """A bearer token for the person of that name and role, or for a new one; returned only now."""
    if role not in ROLES:
        raise BadAnswer("unknown_role", f"There is no role “{role}”.", f"The roles are {', '.join(ROLES)}.")
    known = select(Person).where(Person.name == name, Person.role == role).limit(1)
    person = session.scalar(known) if name else None
    if person is None:
        person = new_person(session, name or f"{role} {secrets.token_hex(2)}", role)
    secret = f"sl_{secrets.token_urlsafe(32)}"
    session.add(Token(token_hash=_hashed(secret), person_id=person.id))
    return secret, person


def bearer(session: Session, secret: str) -> Person | None:
    """Whose token this is."""
    return session.scalar(select(Person).join(Token).where(Token.token_hash == _hashed(secret)))


def _hashed(secret: str) -> str:
    # A fast hash is enough: the secrets are random, not chosen by people.
    return hashlib.sha256(secret.encode()).hexdigest()
