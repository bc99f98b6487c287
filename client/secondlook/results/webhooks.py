"""The answers about webhooks."""

from typing import Literal, TypedDict

EventName = Literal["photo.ready", "run.done", "model.promoted", "review.ready", "export.done"]


class Webhook(TypedDict):
    id: int
    name: str
    url: str
    events: list[EventName]
    state: Literal["on", "paused", "restored", "failing", "gone"]
    waiting: int
    dropped: int
    created: str
    delivered: str | None


class Secret(TypedDict):
    secret: str


class WebhookAdded(Webhook):
    secret: str
    """For checking signatures; it is shown only now."""


class Delivery(TypedDict):
    id: int
    message: str
    event: str
    status: Literal["waiting", "delivered", "failed"]
    attempts: int
    created: str
    due: str | None
    tried: str | None
    seconds: float | None
    code: int | None
    problem: str | None
    reply: str | None
    body: str
