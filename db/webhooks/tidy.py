"""How long events are kept, and what becomes of webhooks in a restored backup."""

from datetime import timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import Webhook, WebhookDelivery

KEPT = timedelta(days=30)
MOST_KEPT = 1000
"""Events of a webhook that are over, the newest."""
MOST_WAITING = 10_000
"""Events that wait for a webhook: those before are dropped, which its page says."""


def tidy(session: Session) -> None:
    """Delete old events. Commits."""
    for hook in session.scalars(select(Webhook)).all():
        is_over = WebhookDelivery.webhook_id == hook.id, WebhookDelivery.status != "waiting"
        oldest = _id_before(session, MOST_KEPT, *is_over)
        old = or_(WebhookDelivery.id <= oldest, WebhookDelivery.created_at < now() - KEPT)
        session.execute(delete(WebhookDelivery).where(*is_over, old))
        _drop_waiting(session, hook.id)
        session.commit()


def _drop_waiting(session: Session, hook_id: int) -> None:
    waits = WebhookDelivery.webhook_id == hook_id, WebhookDelivery.status == "waiting"
    too_many = *waits, WebhookDelivery.id <= _id_before(session, MOST_WAITING, *waits)
    count = session.scalar(select(func.count()).select_from(WebhookDelivery).where(*too_many))
    if count:
        session.execute(delete(WebhookDelivery).where(*too_many))
        dropped = Webhook.dropped + count
        session.execute(update(Webhook).where(Webhook.id == hook_id).values(dropped=dropped))


def _id_before(session: Session, newest: int, *where: object) -> int:
    """The id of the newest event that is too many; 0 if there are no more than `newest`."""
    ids = select(WebhookDelivery.id).where(*where)  # type: ignore[arg-type]
    return session.scalar(ids.order_by(WebhookDelivery.id.desc()).offset(newest).limit(1)) or 0


def pause_restored(session: Session) -> None:
    """In a workbench that is made of a backup nothing is sent until an owner says so.

    It may be a copy beside the original, and receivers would hear everything twice. What waited is in no
    backup.
    """
    fresh = {"state": "restored", "owner": None, "lease_until": None, "rests_until": None}
    session.execute(update(Webhook).where(Webhook.state == "on").values(**fresh))
