"""One attempt to deliver an event, and what follows from how it ended."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from db import audit
from db.base import now
from db.errors import BadInput
from db.models import Webhook, WebhookDelivery
from db.webhooks import addresses, connection, signatures
from db.webhooks.addresses import Unreachable
from db.webhooks.events import TEST

DELAYS = (5, 30, 120, 300, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200)
"""Seconds from one attempt to the next: twelve attempts in 26 hours."""
LONGEST_WAIT = 43_200
"""Seconds that a receiver may ask us to wait."""
AWAY = (429, 502, 503, 504)
"""Statuses that speak of the receiver, not of the event."""
AGENT = "Second-Look-Webhooks/1"


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended: a status with an answer, or a problem without one."""

    seconds: float
    code: int | None = None
    reply: str | None = None
    problem: str | None = None
    retry_after: float | None = None

    @property
    def is_accepted(self) -> bool:
        return self.code is not None and 200 <= self.code < 300

    @property
    def is_away(self) -> bool:
        """Whether nothing else would arrive either, so that the whole webhook rests."""
        return self.code is None or self.code in AWAY


def send(hook: Webhook, delivery: WebhookDelivery) -> Outcome:
    """Send the event once; touches no database."""
    started = time.monotonic()
    try:
        target = addresses.parse(hook.url)
        headers = {"content-type": "application/json", "user-agent": AGENT}
        headers |= signatures.headers(hook, delivery, now())
        body = delivery.body.encode()
        answer = connection.post(target, addresses.resolve(target), headers, body)
    except BadInput:  # allowed once, and no longer
        return Outcome(time.monotonic() - started, problem="private_address")
    except Unreachable as error:
        return Outcome(time.monotonic() - started, problem=error.problem)
    return Outcome(time.monotonic() - started, answer.code, answer.reply, None, answer.retry_after)


def record(session: Session, hook: Webhook, delivery: WebhookDelivery, outcome: Outcome) -> bool:
    """Note how the attempt ended and commit; returns whether the next event may be sent now.

    Nothing is noted if the event was deleted or sent by somebody else meanwhile.
    """
    at, attempts = now(), delivery.attempts + 1
    values: dict[str, Any] = {"attempts": attempts, "tried_at": at, "seconds": round(outcome.seconds, 3)}
    values |= {"code": outcome.code, "reply": outcome.reply, "problem": outcome.problem}
    if outcome.is_accepted:
        values["status"] = "delivered"
    elif delivery.event == TEST or (attempts > len(DELAYS) and _others_arrive(hook, delivery)):
        values["status"] = "failed"
    else:
        values["due_at"] = at + _delay(attempts, outcome)
    if not _update(session, delivery, values):
        session.rollback()
        return True
    may_go_on = _change_hook(session, hook, delivery, outcome, attempts)
    session.commit()
    return may_go_on


def _update(session: Session, delivery: WebhookDelivery, values: dict[str, Any]) -> bool:
    ours = WebhookDelivery.attempts == delivery.attempts, WebhookDelivery.status == "waiting"
    statement = update(WebhookDelivery).where(WebhookDelivery.id == delivery.id, *ours).values(**values)
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return result.rowcount > 0


def _change_hook(
    session: Session, hook: Webhook, delivery: WebhookDelivery, outcome: Outcome, attempts: int
) -> bool:
    """Let the webhook go on, rest, or end; returns whether it goes on."""
    if outcome.is_accepted:
        hook.delivered_at, hook.rests_until, hook.misses = now(), None, 0
    elif outcome.code == 410:
        hook.state = "gone"
        audit.note(session, "webhook_gone", None, webhook=hook.id)
    elif delivery.event == TEST:
        pass
    elif attempts > len(DELAYS) and not _others_arrive(hook, delivery):
        hook.state = "failing"
        audit.note(session, "webhook_failing", None, webhook=hook.id)
    elif outcome.is_away:
        hook.misses += 1
        hook.rests_until = now() + _delay(hook.misses, outcome)
        return False
    return hook.state == "on"


def _delay(failures: int, outcome: Outcome) -> timedelta:
    """How long to wait after so many failures; a receiver may ask for more, not for less."""
    own = DELAYS[min(failures, len(DELAYS)) - 1]
    return timedelta(seconds=max(own, min(LONGEST_WAIT, outcome.retry_after or 0)))


def _others_arrive(hook: Webhook, delivery: WebhookDelivery) -> bool:
    """Whether the receiver accepted something since the event happened: it is this event that it refuses."""
    return hook.delivered_at is not None and hook.delivered_at > delivery.created_at
