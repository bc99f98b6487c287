"""Invitations: links by which new people join, or a known one signs in. Only the secret's hash is stored."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import ROLES, Event, Invite, Person
from db.texts import one_line
from labeller.errors import BadAnswer, NotFound, NotInvited
from labeller.people import consent
from labeller.people.credentials import hashed, is_secret
from labeller.people.people import clean_name, find_person

DAYS = 14
USES = {"friend": 50, "labeller": 1, "owner": 1}
"""How often a link may be used. A friends' link is posted to a group; the others are for one person."""
MOST_DAYS, MOST_USES = 365, 1000
LONGEST_NOTE = 120
LISTED = 200
"""Invitations in one list, at most."""
START_MINUTES = 15
"""How long the link that a start prints is valid."""


@dataclass(frozen=True)
class Terms:
    """How often (None: by role) and for how many days a link is valid, and a note for the owner."""

    uses: int | None = None
    days: int = DAYS
    note: str = ""


_DEFAULT = Terms()


def create_invite(
    session: Session,
    role: str,
    person: Person | None = None,
    terms: Terms = _DEFAULT,
    by: Person | None = None,
) -> tuple[str, Invite]:
    """Create an invitation; returns its secret, which is not stored, and its row.

    A link for a known `person` signs them in. `by` is None for whoever can run commands on this machine.
    Raises BadAnswer for an unknown role or terms out of range.
    """
    if role not in ROLES:
        raise BadAnswer("unknown_role", f"There is no role “{role}”.", f"The roles are {', '.join(ROLES)}.")
    uses = USES[role] if terms.uses is None else terms.uses
    if not (1 <= uses <= MOST_USES and 1 <= terms.days <= MOST_DAYS):
        hint = f"A link may serve 1 to {MOST_USES} people, for 1 to {MOST_DAYS} days."
        raise BadAnswer("bad_invite", "This link cannot be made.", hint)
    secret = secrets.token_urlsafe(24)
    invite = Invite(
        token_hash=hashed(secret),
        role=role,
        person_id=person.id if person else None,
        note=one_line(terms.note, LONGEST_NOTE),
        uses_left=uses,
        expires_at=now() + timedelta(days=terms.days),
    )
    session.add(invite)
    session.flush()
    detail = {"invite": invite.id, "role": role}
    session.add(Event(kind="invited", person_id=by.id if by else None, detail=detail))
    return secret, invite


def start_link(session: Session, owner: Person) -> str:
    """Secret of a link that signs the owner in once, within START_MINUTES. Voids those of earlier starts."""
    earlier = update(Invite).where(Invite.at_start, Invite.revoked_at.is_(None))
    session.execute(earlier.values(revoked_at=now()))
    secret, invite = create_invite(session, "owner", owner)
    invite.at_start, invite.expires_at = True, now() + timedelta(minutes=START_MINUTES)
    return secret


def find_open(session: Session, secret: str) -> Invite:
    """The invitation, if it is still valid. Raises NotInvited."""
    query = select(Invite).where(Invite.token_hash == hashed(secret))
    invite = session.scalar(query) if is_secret(secret) else None
    if invite is None or not is_open(invite):
        raise _link_over()
    return invite


def _link_over() -> NotInvited:
    return NotInvited("link_over", "This link has expired or was used already.", "Ask for a new one.")


def is_open(invite: Invite) -> bool:
    """Whether the link is neither revoked nor used up nor expired."""
    return invite.revoked_at is None and invite.uses_left > 0 and invite.expires_at > now()


def accept(session: Session, secret: str, name: str, consented: bool) -> Person:
    """Use the invitation once. Raises NotInvited; BadAnswer without a name or a friend's consent."""
    invite = find_open(session, secret)
    if invite.person_id is None:
        person = _newcomer(session, invite, name, consented)
    else:
        person = _known(session, invite, invite.person_id)
    used = session.execute(
        update(Invite)
        .where(Invite.id == invite.id, Invite.uses_left > 0, Invite.revoked_at.is_(None))
        .values(uses_left=Invite.uses_left - 1, uses=Invite.uses + 1)
    )
    assert isinstance(used, CursorResult)
    if used.rowcount == 0:  # somebody else was faster to use it up
        raise NotInvited("link_over", "This link was used already.", "Ask for a new one.")
    session.add(Event(kind="invitation_used", person_id=person.id, detail={"invite": invite.id}))
    return person


def _known(session: Session, invite: Invite, person_id: int) -> Person:
    """Whom the link signs in. Raises NotInvited if they are being deleted or have another role by now."""
    person = find_person(session, person_id)
    if person is None or person.role != invite.role:
        raise _link_over()
    return person


def _newcomer(session: Session, invite: Invite, name: str, consented: bool) -> Person:
    name = clean_name(name)
    if invite.role == "friend" and not consented:
        raise BadAnswer("no_consent", "Please tick the box first.", "Without your consent we keep nothing.")
    person = Person(name=name, role=invite.role, invite_id=invite.id)
    session.add(person)
    session.flush()
    if consented:
        consent.agree(session, person)
    return person


def invites_for_new_people(session: Session) -> list[Invite]:
    """The last invitations by which new people join, newest first."""
    query = select(Invite).where(Invite.person_id.is_(None)).order_by(Invite.id.desc())
    return list(session.scalars(query.limit(LISTED)))


def revoke(session: Session, invite_id: int, by: Person) -> None:
    """Make the link invalid; people who joined by it stay. Raises NotFound."""
    invite = session.get(Invite, invite_id)
    if invite is None:
        raise NotFound("no_such_invite", "There is no such link.")
    invite.revoked_at = invite.revoked_at or now()
    session.add(Event(kind="invite_revoked", person_id=by.id, detail={"invite": invite.id}))
