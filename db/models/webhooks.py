"""Addresses of programs that want to know what happens, and what each is told."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, now


class Webhook(Base):
    """An address to which events are sent. `db.webhooks` has the rules.

    Of its secret only a random seed is stored: the secret is computed from that and the signing key.
    """

    __tablename__ = "webhook"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")
    url: Mapped[str]
    events: Mapped[list[Any]]
    """Names of `db.webhooks.events.EVENTS`."""
    state: Mapped[str] = mapped_column(default="on")
    """on, paused (by an owner), restored (from a backup: paused as well), failing (given up), gone (said by
    the receiver, by status 410). Events are sent only while it is on; otherwise they wait, and for one that
    is gone there are no new ones."""
    seed: Mapped[str]
    old_seed: Mapped[str | None]
    """Of the secret before, by which events are signed as well until `old_seed_until`."""
    old_seed_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    delivered_at: Mapped[datetime | None]
    """When the receiver last accepted an event."""
    rests_until: Mapped[datetime | None]
    """While the receiver is away nothing is sent before this time."""
    misses: Mapped[int] = mapped_column(default=0)
    """How often in a row the receiver was away."""
    dropped: Mapped[int] = mapped_column(default=0)
    """Events that were never sent, since too many waited."""
    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    """Which task is sending its events, and until when no other one may."""

    # A page may still show one that is gone: no id is used twice.
    __table_args__ = ({"sqlite_autoincrement": True},)


class WebhookDelivery(Base):
    """An event for one webhook. It is written with the fact that it tells of, and sent afterwards."""

    __tablename__ = "webhook_delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    message: Mapped[str]
    """The `webhook-id`, by which a receiver knows an event that comes twice."""
    event: Mapped[str]
    subject: Mapped[str | None]
    """What it tells of, such as `run:7`: events of one subject are sent in their order."""
    body: Mapped[str]
    """The JSON, byte for byte as it is signed and sent each time."""
    status: Mapped[str] = mapped_column(default="waiting")
    """waiting, delivered, failed."""
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(default=now)
    """Not to be sent before."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    tried_at: Mapped[datetime | None]
    seconds: Mapped[float | None]
    """How long the last attempt took."""
    code: Mapped[int | None]
    """The HTTP status of the last attempt; None without an answer."""
    reply: Mapped[str | None]
    """The first characters of the last answer."""
    problem: Mapped[str | None]
    """Why the last attempt got no answer, one of `db.webhooks.connection.PROBLEMS`."""

    __table_args__ = (
        Index("ix_webhook_delivery_waiting", "webhook_id", "status", "id"),
        Index("ix_webhook_delivery_subject", "webhook_id", "subject", "id"),
        {"sqlite_autoincrement": True},
    )
