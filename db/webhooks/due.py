"""Which webhooks have something to send. The sweep asks every two seconds; most workbenches have none."""

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from db.base import now
from db.models import Webhook, WebhookDelivery


def due_webhooks(session: Session) -> list[int]:
    """The webhooks that have something to send now, which nobody sends."""
    at = now()
    free = or_(Webhook.lease_until.is_(None), Webhook.lease_until < at)
    rested = or_(Webhook.rests_until.is_(None), Webhook.rests_until <= at)
    waits = exists().where(
        WebhookDelivery.webhook_id == Webhook.id,
        WebhookDelivery.status == "waiting",
        WebhookDelivery.due_at <= at,
    )
    return list(session.scalars(select(Webhook.id).where(Webhook.state == "on", free, rested, waits)))
