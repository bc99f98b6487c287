"""Webhooks and what they were told, in and out."""

from typing import Literal

from pydantic import BaseModel, Field

from web.api.paging import PageOut
from web.api.schemas import Strict

EventName = Literal["photo.ready", "run.done", "model.promoted", "review.ready", "export.done"]


class WebhookIn(Strict):
    url: str = Field(description="http or https; a public address, unless WEBHOOK_NETWORKS allows others.")
    events: list[EventName] = Field(min_length=1, max_length=20)
    name: str = ""


class WebhookChange(Strict):
    url: str | None = None
    events: list[EventName] | None = Field(None, min_length=1, max_length=20)
    name: str | None = None
    paused: bool | None = Field(
        None, description="false turns it on, also after it failed: what waits is sent."
    )


class WebhookOut(BaseModel):
    id: int
    name: str
    url: str
    events: list[EventName]
    state: Literal["on", "paused", "restored", "failing", "gone"] = Field(
        description="Events are sent while it is `on`. `restored`: paused, as it came from a backup."
    )
    waiting: int = Field(description="Events that are still to be sent.")
    dropped: int = Field(description="Events that were never sent, since too many waited.")
    created: str
    delivered: str | None = Field(description="When the receiver last accepted an event.")


class WebhookAdded(WebhookOut):
    secret: str = Field(description="For checking signatures; it is shown only now.")


class WebhooksOut(PageOut):
    items: list[WebhookOut]


class SecretOut(BaseModel):
    secret: str = Field(
        description="It is shown only now. For a day events are signed by the old one as well."
    )


class DeliveryOut(BaseModel):
    id: int
    message: str = Field(description="The `webhook-id` header.")
    event: str
    status: Literal["waiting", "delivered", "failed"]
    attempts: int
    created: str
    due: str | None = Field(description="When it is tried next; null unless it waits.")
    tried: str | None
    seconds: float | None = Field(description="How long the last attempt took.")
    code: int | None = Field(description="The HTTP status of the last attempt; null without an answer.")
    problem: str | None = Field(description="Why the last attempt had no answer.")
    reply: str | None = Field(description="The first bytes of the last answer.")
    body: str = Field(description="What is sent, byte for byte.")


class DeliveriesOut(PageOut):
    items: list[DeliveryOut]
