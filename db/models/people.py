"""People, their invites, and the audit trail."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, now

ROLES = ("owner", "labeller", "friend")


class Person(Base):
    """A person who labels, has contributed photos or owns the workbench."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(default=now)
    consented_at: Mapped[datetime | None]
    consent_version: Mapped[str | None]
    """Which text they agreed to, see `labeller.people.consent`."""
    invite_id: Mapped[int | None] = mapped_column(ForeignKey("invite.id", ondelete="SET NULL"))
    """The link they came by."""
    link_version: Mapped[int] = mapped_column(default=1)
    """The number of their newest personal link; earlier links no longer sign in."""
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"))
    """The person whom this one was merged into; the link of this one signs in that person."""
    old_cookies: Mapped[bool] = mapped_column(default=False)
    """Whether the signed cookies of earlier versions, which no session stands behind, still sign them in."""
    origin: Mapped[str | None]
    """`WORKBENCH:ID` of whom an archive brought, in the workbench where they came first: by that a further
    archive finds them, also where it does not name anybody."""
    erasing_at: Mapped[datetime | None]
    """When their erasure began; their data is no longer shown."""

    # Ids are never reused, or an old cookie or link would sign in somebody else.
    __table_args__ = (Index("uq_person_origin", "origin", unique=True), {"sqlite_autoincrement": True})


class Invite(Base):
    """A link that creates a person, or signs in the existing `person_id`. Its token is stored as a hash."""

    __tablename__ = "invite"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE", use_alter=True, name="fk_invite_person_id_person")
    )
    note: Mapped[str] = mapped_column(default="")
    at_start: Mapped[bool] = mapped_column(default=False)
    """Whether `flask up` printed it for the owner; the next start revokes it."""
    uses: Mapped[int] = mapped_column(default=0)
    uses_left: Mapped[int]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class Event(Base):
    """The audit trail."""

    __tablename__ = "event"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    undone_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_event_kind", "kind", "id"),)
