"""What became of the events: their rows."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import WebhookDelivery


def deliveries(db: Session) -> list[WebhookDelivery]:
    return list(db.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def states(db: Session) -> list[str]:
    return [one.status for one in deliveries(db)]
