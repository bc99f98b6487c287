"""Sending what waits for a webhook, by one task at a time, in order."""

import secrets
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, exists, or_, select, update
from sqlalchemy.orm import Session, aliased

from db.base import now
from db.models import Webhook, WebhookDelivery
from db.webhooks import attempts
from db.webhooks.events import TEST

LEASE = timedelta(seconds=60)
"""Longer than an attempt takes, the look-up of a name included."""
PASS_SECONDS = 20.0
"""After which a task leaves the rest to the next one."""
AT_ONCE = 50


def send_all(session: Session, hook_id: int) -> None:
    """Send what is due for the webhook, unless another task does. Commits. Safe to repeat and to kill."""
    owner = secrets.token_hex(8)
    free = or_(Webhook.lease_until.is_(None), Webhook.lease_until < now())
    if not _hold(session, hook_id, free, owner):
        return
    try:
        _send_in_order(session, hook_id, owner)
    finally:
        session.rollback()
        session.execute(
            update(Webhook).where(Webhook.id == hook_id, Webhook.owner == owner).values(lease_until=None)
        )
        session.commit()


def _send_in_order(session: Session, hook_id: int, owner: str) -> None:
    until = time.monotonic() + PASS_SECONDS
    while ready := _ready(session, hook_id):
        for delivery in ready:
            if time.monotonic() > until or not _hold(session, hook_id, Webhook.owner == owner, owner):
                return
            hook = session.get_one(Webhook, hook_id, populate_existing=True)
            session.commit()  # no transaction is open while a receiver takes its time
            outcome = attempts.send(hook, delivery)
            if not attempts.record(session, hook, delivery, outcome):
                return


def _hold(session: Session, hook_id: int, mine: ColumnElement[bool], owner: str) -> bool:
    """Take or renew the lease and commit; whether that was possible, and the webhook may send."""
    at = now()
    may_send = Webhook.state == "on", or_(Webhook.rests_until.is_(None), Webhook.rests_until <= at)
    held = update(Webhook).where(Webhook.id == hook_id, mine, *may_send)
    values: dict[str, Any] = {"owner": owner, "lease_until": at + LEASE}
    result = session.execute(held.values(**values), execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    session.commit()
    return result.rowcount > 0


def _ready(session: Session, hook_id: int) -> Sequence[WebhookDelivery]:
    """The oldest events that are due, and of each subject only the first that waits; tests before all."""
    earlier = aliased(WebhookDelivery)
    must_wait = exists().where(
        earlier.webhook_id == hook_id,
        earlier.subject == WebhookDelivery.subject,
        earlier.status == "waiting",
        earlier.id < WebhookDelivery.id,
    )
    waits = WebhookDelivery.status == "waiting", WebhookDelivery.due_at <= now(), ~must_wait
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == hook_id, *waits)
    query = query.order_by(WebhookDelivery.event != TEST, WebhookDelivery.id).limit(AT_ONCE)
    return session.scalars(query, execution_options={"populate_existing": True}).all()
