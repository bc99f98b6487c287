"""Invitations: links that make people, or let a known one in. The secret is shown once and kept hashed."""

import secrets
from datetime import timedelta

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import ROLES, Event, Invite, Person
from labeller.errors import BadAnswer, NotFound, NotInvited
from labeller.people import consent
from labeller.people.people import clean_name, hashed

DAYS = 14
USES = {"friend": 50, "labeller": 1, "owner": 1}
"""A friends' link is posted to a group; the others are for one person."""
MOST_DAYS, MOST_USES = 365, 1000


def invite(
    session: Session,
    role: str,
    person: Person | None = None,
    uses: int | None = None,
    days: int = DAYS,
    note: str = "",
) -> tuple[str, Invite]:
    """Make an invitation; returns its secret, which is not kept, and its row. Raises BadAnswer."""
    if role not in ROLES:
        raise BadAnswer("unknown_role", f"There is no role “{role}”.", f"The roles are {', '.join(ROLES)}.")
    uses = USES[role] if uses is None else uses
    if not (1 <= uses <= MOST_USES and 1 <= days <= MOST_DAYS):
        hint = f"A link may serve 1 to {MOST_USES} people, for 1 to {MOST_DAYS} days."
        raise BadAnswer("bad_invite", "This link cannot be made.", hint)
    secret = secrets.token_urlsafe(24)
    made = Invite(
        token_hash=hashed(secret),
        role=role,
        person_id=person.id if person else None,
        note=" ".join(note.split())[:120],
        uses_left=uses,
        expires_at=now() + timedelta(days=days),
    )
    session.add(made)
    session.flush()
    return secret, made


def find(session: Session, secret: str) -> Invite:
    """The invitation, still good. Raises NotInvited."""
    found = session.scalar(select(Invite).where(Invite.token_hash == hashed(secret)))
    if found is None or not is_open(found):
        raise NotInvited("link_over", "This link has expired or was used already.", "Ask for a new one.")
    return found


def is_open(one: Invite) -> bool:
    return one.revoked_at is None and one.uses_left > 0 and one.expires_at > now()


def accept(session: Session, secret: str, name: str, consented: bool) -> Person:
    """Use the invitation once. Raises NotInvited; BadAnswer without a name or a friend's consent."""
    found = find(session, secret)
    person = session.get(Person, found.person_id) if found.person_id else None
    if person is None:
        person = _newcomer(session, found, name, consented)
    spent = session.execute(
        update(Invite)
        .where(Invite.id == found.id, Invite.uses_left > 0, Invite.revoked_at.is_(None))
        .values(uses_left=Invite.uses_left - 1, uses=Invite.uses + 1)
    )
    assert isinstance(spent, CursorResult)
    if spent.rowcount == 0:  # its last use went to somebody else a moment ago
        raise NotInvited("link_over", "This link was used already.", "Ask for a new one.")
    session.add(Event(kind="signed_in", person_id=person.id, detail={"invite": found.id}))
    return person


def _newcomer(session: Session, found: Invite, name: str, consented: bool) -> Person:
    name = clean_name(name)
    if found.role == "friend" and not consented:
        raise BadAnswer("no_consent", "Please tick the box first.", "Without your consent we keep nothing.")
    person = Person(name=name, role=found.role, invite_id=found.id)
    session.add(person)
    session.flush()
    if consented:
        consent.agree(session, person)
    return person


def made_for_others(session: Session) -> list[Invite]:
    """Invitations that are not somebody's own way in, newest first."""
    return list(session.scalars(select(Invite).where(Invite.person_id.is_(None)).order_by(Invite.id.desc())))


def revoke(session: Session, invite_id: int, by: Person) -> None:
    """Nobody new comes in by it; who came already stays. Raises NotFound."""
    found = session.get(Invite, invite_id)
    if found is None:
        raise NotFound("no_such_invite", "There is no such link.")
    found.revoked_at = found.revoked_at or now()
    session.add(Event(kind="invite_revoked", person_id=by.id, detail={"invite": found.id}))
