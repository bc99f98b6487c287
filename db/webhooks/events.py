"""What webhooks tell of. An event is written in the transaction of its fact, and sent after the commit."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.models import Webhook, WebhookDelivery

EVENTS: Mapping[str, str] = {
    "photo.ready": "photo_id",
    "run.done": "run_id",
    "model.promoted": "run_id",
    "review.ready": "run_id",
    "export.done": "export_id",
}
"""The events, and which value names their subject: events of one subject are sent in order."""
TEST = "webhook.test"


def emit(session: Session, event: str, data: Mapping[str, Any]) -> None:
    """Tell every webhook that wants to know, once the caller has committed.

    `data` has ids and numbers alone: no name of a person, and nothing of a picture.
    """
    key = EVENTS[event]
    subject = f"{key.removesuffix('_id')}:{data[key]}" if data.get(key) is not None else None
    hooks = session.scalars(select(Webhook).where(Webhook.state != "gone").order_by(Webhook.id))
    session.add_all(delivery(hook, event, data, subject) for hook in hooks.all() if event in hook.events)


def run_ended(session: Session, run_id: int, status: str) -> None:
    """Tell that a run is over: done, failed or cancelled."""
    emit(session, "run.done", {"run_id": run_id, "status": status})


def delivery(
    hook: Webhook, event: str, data: Mapping[str, Any], subject: str | None = None
) -> WebhookDelivery:
    """The event for one webhook, not added yet."""
    content = {"type": event, "timestamp": now().isoformat(), "data": data}
    body = json.dumps(content, separators=(",", ":"))
    return WebhookDelivery(
        webhook_id=hook.id, message=f"msg_{secrets.token_hex(16)}", event=event, subject=subject, body=body
    )
