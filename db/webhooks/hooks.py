"""What an owner does with webhooks: add, change, pause, test, give a new secret, send again, delete."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db import audit
from db.base import now
from db.errors import BadInput, Conflict, NotFound
from db.models import Person, Webhook, WebhookDelivery
from db.texts import one_line
from db.webhooks import addresses, signatures
from db.webhooks.events import EVENTS, TEST, delivery
from db.workbench import lock_workbench

MOST_HOOKS = 20
LONGEST_NAME = 80
OLD_SECRET_KEPT = timedelta(hours=24)
"""For so long after a change of the secret events are signed by both."""


@dataclass(frozen=True)
class Wish:
    """What somebody asks for; None leaves it as it is."""

    url: str | None = None
    events: Sequence[str] | None = None
    name: str | None = None
    paused: bool | None = None


def all_hooks(session: Session) -> list[Webhook]:
    return list(session.scalars(select(Webhook).order_by(Webhook.id)))


def get(session: Session, hook_id: int) -> Webhook:
    """The webhook as the database has it now. Raises NotFound."""
    hook = session.get(Webhook, hook_id, populate_existing=True)
    if hook is None:
        raise NotFound("no_such_webhook", "There is no such webhook.")
    return hook


def add(session: Session, wish: Wish, by: Person) -> tuple[Webhook, str]:
    """A new webhook and its secret, which is shown this once. Raises BadInput and Conflict."""
    lock_workbench(session)
    if (session.scalar(select(func.count(Webhook.id))) or 0) >= MOST_HOOKS:
        raise Conflict("too_many_webhooks", f"There are {MOST_HOOKS} webhooks already.", "Delete one first.")
    hook = Webhook(url="", events=[], seed=signatures.new_seed(), state="paused" if wish.paused else "on")
    _change(hook, Wish(wish.url or "", wish.events or (), wish.name))
    session.add(hook)
    session.flush()
    audit.note(session, "webhook_added", by, webhook=hook.id)
    return hook, signatures.secret(hook.seed)


def change(session: Session, hook: Webhook, wish: Wish, by: Person) -> None:
    """Change what is not None. When it is turned on, what waits is sent at once. Raises BadInput."""
    _change(hook, wish)
    audit.note(session, "webhook_changed", by, webhook=hook.id)
    if wish.paused is True:
        hook.state = "paused"
    elif wish.paused is False and hook.state != "on":
        hook.state = "on"
        waiting = WebhookDelivery.webhook_id == hook.id, WebhookDelivery.status == "waiting"
        session.execute(update(WebhookDelivery).where(*waiting).values(attempts=0, due_at=now()))
    hook.rests_until = None


def _change(hook: Webhook, wish: Wish) -> None:
    if wish.url is not None:
        addresses.parse(wish.url)
        hook.url = wish.url
    if wish.events is not None:
        if not wish.events or not set(wish.events) <= set(EVENTS):
            raise BadInput("bad_events", "Choose at least one event.", f"There are {', '.join(EVENTS)}.")
        hook.events = [name for name in EVENTS if name in wish.events]
    if wish.name is not None:
        hook.name = one_line(wish.name, LONGEST_NAME)


def new_secret(session: Session, hook: Webhook, by: Person) -> str:
    """Replace the secret; returns the new one. For a day events are signed by the old one, too."""
    hook.old_seed, hook.old_seed_until = hook.seed, now() + OLD_SECRET_KEPT
    hook.seed = signatures.new_seed()
    audit.note(session, "webhook_secret", by, webhook=hook.id)
    return signatures.secret(hook.seed)


def delete(session: Session, hook: Webhook, by: Person) -> None:
    """Delete it with all that waits for it."""
    audit.note(session, "webhook_deleted", by, webhook=hook.id)
    session.delete(hook)


def send_test(session: Session, hook: Webhook) -> WebhookDelivery:
    """Send an event that tells of nothing, once, before all others. Raises Conflict unless it is on."""
    _require_on(hook)
    sent = delivery(hook, TEST, {"webhook_id": hook.id})
    session.add(sent)
    session.flush()
    hook.rests_until = None
    return sent


def send_again(session: Session, hook: Webhook, delivery_id: int, by: Person) -> WebhookDelivery:
    """Send an event once more, under its old id. Raises NotFound, and Conflict unless the webhook is on."""
    chosen = session.get(WebhookDelivery, delivery_id, populate_existing=True)
    if chosen is None or chosen.webhook_id != hook.id:
        raise NotFound("no_such_delivery", "There is no such delivery.")
    _require_on(hook)
    chosen.status, chosen.attempts, chosen.due_at = "waiting", 0, now()
    hook.rests_until = None
    audit.note(session, "webhook_sent_again", by, webhook=hook.id)
    return chosen


def _require_on(hook: Webhook) -> None:
    if hook.state != "on":
        raise Conflict("webhook_off", "This webhook is paused.", "Turn it on first.")


def deliveries(session: Session, hook: Webhook, before: int | None, limit: int) -> list[WebhookDelivery]:
    """The newest events for the webhook, newest first; `before` is an id."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == hook.id)
    if before:
        query = query.where(WebhookDelivery.id < before)
    return list(session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit)))


def waiting(session: Session) -> dict[int, int]:
    """How many events wait, by webhook."""
    count = select(WebhookDelivery.webhook_id, func.count()).where(WebhookDelivery.status == "waiting")
    return dict(session.execute(count.group_by(WebhookDelivery.webhook_id)).tuples().all())
