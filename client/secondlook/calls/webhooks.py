"""Webhooks: addresses that are told what happens."""

from collections.abc import Sequence

from secondlook.call import Call
from secondlook.results import Page
from secondlook.results.webhooks import Delivery, EventName, Secret, Webhook, WebhookAdded


def list_webhooks(*, cursor: int | None = None, limit: int | None = None) -> Call[Page[Webhook]]:
    """All webhooks, by id."""
    return Call("GET", "/webhooks", {"cursor": cursor, "limit": limit})


def add_webhook(url: str, events: Sequence[EventName], *, name: str = "") -> Call[WebhookAdded]:
    """Have events sent to an address. The secret in the answer is shown this once."""
    return Call("POST", "/webhooks", json={"url": url, "events": list(events), "name": name})


def get_webhook(webhook_id: int) -> Call[Webhook]:
    """A webhook and how it fares."""
    return Call("GET", f"/webhooks/{webhook_id}")


def change_webhook(
    webhook_id: int,
    *,
    url: str | None = None,
    events: Sequence[EventName] | None = None,
    name: str | None = None,
    paused: bool | None = None,
) -> Call[Webhook]:
    """Change what is given. While it is paused, events wait."""
    changes = {"url": url, "events": None if events is None else list(events), "name": name, "paused": paused}
    given = {key: value for key, value in changes.items() if value is not None}
    return Call("PATCH", f"/webhooks/{webhook_id}", json=given)


def delete_webhook(webhook_id: int) -> Call[None]:
    """Delete a webhook with all that waits for it."""
    return Call("DELETE", f"/webhooks/{webhook_id}")


def replace_webhook_secret(webhook_id: int) -> Call[Secret]:
    """Make a new secret; the old one signs as well for a day."""
    return Call("POST", f"/webhooks/{webhook_id}/secret")


def test_webhook(webhook_id: int) -> Call[Delivery]:
    """Send an event of type `webhook.test`, once."""
    return Call("POST", f"/webhooks/{webhook_id}/test")


def list_webhook_deliveries(
    webhook_id: int, *, cursor: int | None = None, limit: int | None = None
) -> Call[Page[Delivery]]:
    """What a webhook was told and is to be told, newest first."""
    return Call("GET", f"/webhooks/{webhook_id}/deliveries", {"cursor": cursor, "limit": limit})


def send_webhook_again(webhook_id: int, delivery_id: int) -> Call[Delivery]:
    """Send an event once more, under the `webhook-id` that it had."""
    return Call("POST", f"/webhooks/{webhook_id}/deliveries/{delivery_id}/again")
