"""Webhooks over JSON."""

from typing import Any

from apiflask import APIBlueprint

from db.models import Webhook, WebhookDelivery
from db.webhooks import hooks
from web.api import webhook_schemas as schemas
from web.api.paging import PageQuery, cut
from web.auth.identity import me
from web.database import db

blueprint = APIBlueprint("api_webhooks", __name__, tag="Webhooks")


@blueprint.get("/webhooks")
@blueprint.input(PageQuery, location="query")
@blueprint.output(schemas.WebhooksOut)
@blueprint.doc(security="token")
def list_webhooks(query_data: PageQuery) -> Any:
    """All webhooks, by id."""
    rows = [hook for hook in hooks.all_hooks(db()) if hook.id > query_data.cursor]
    shown, after = cut(rows, query_data.limit, lambda hook: hook.id)
    return {"items": [hook_out(hook) for hook in shown], "next": after}


@blueprint.post("/webhooks")
@blueprint.input(schemas.WebhookIn)
@blueprint.output(schemas.WebhookAdded, status_code=201)
@blueprint.doc(security="token", responses={400: "The address is none to which events are sent."})
def add_webhook(json_data: schemas.WebhookIn) -> Any:
    """Have events sent to an address, signed as standardwebhooks.com says. The secret is shown only now."""
    wish = hooks.Wish(json_data.url, json_data.events, json_data.name)
    hook, secret = hooks.add(db(), wish, me())
    db().commit()
    return hook_out(hook) | {"secret": secret}


@blueprint.get("/webhooks/<int:webhook_id>")
@blueprint.output(schemas.WebhookOut)
@blueprint.doc(security="token")
def get_webhook(webhook_id: int) -> Any:
    """A webhook and how it fares."""
    return hook_out(hooks.get(db(), webhook_id))


@blueprint.patch("/webhooks/<int:webhook_id>")
@blueprint.input(schemas.WebhookChange)
@blueprint.output(schemas.WebhookOut)
@blueprint.doc(security="token")
def change_webhook(webhook_id: int, json_data: schemas.WebhookChange) -> Any:
    """Change what is named. While it is paused, events wait."""
    hook = hooks.get(db(), webhook_id)
    wish = hooks.Wish(json_data.url, json_data.events, json_data.name, json_data.paused)
    hooks.change(db(), hook, wish, me())
    db().commit()
    return hook_out(hook)


@blueprint.delete("/webhooks/<int:webhook_id>")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token")
def delete_webhook(webhook_id: int) -> Any:
    """Delete a webhook with all that waits for it."""
    hooks.delete(db(), hooks.get(db(), webhook_id), me())
    db().commit()
    return ""


@blueprint.post("/webhooks/<int:webhook_id>/secret")
@blueprint.output(schemas.SecretOut)
@blueprint.doc(security="token")
def replace_webhook_secret(webhook_id: int) -> Any:
    """Make a new secret; the old one signs as well for a day."""
    secret = hooks.new_secret(db(), hooks.get(db(), webhook_id), me())
    db().commit()
    return {"secret": secret}


@blueprint.post("/webhooks/<int:webhook_id>/test")
@blueprint.output(schemas.DeliveryOut, status_code=202)
@blueprint.doc(security="token", responses={409: "The webhook is not on."})
def test_webhook(webhook_id: int) -> Any:
    """Send an event of type `webhook.test`, once."""
    delivery = hooks.send_test(db(), hooks.get(db(), webhook_id))
    db().commit()
    return delivery_out(delivery)


@blueprint.get("/webhooks/<int:webhook_id>/deliveries")
@blueprint.input(PageQuery, location="query")
@blueprint.output(schemas.DeliveriesOut)
@blueprint.doc(security="token")
def list_webhook_deliveries(webhook_id: int, query_data: PageQuery) -> Any:
    """What a webhook was told and is to be told, newest first."""
    rows = hooks.deliveries(db(), hooks.get(db(), webhook_id), query_data.cursor, query_data.ask_for)
    shown, after = cut(rows, query_data.limit, lambda delivery: delivery.id)
    return {"items": [delivery_out(delivery) for delivery in shown], "next": after}


@blueprint.post("/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/again")
@blueprint.output(schemas.DeliveryOut, status_code=202)
@blueprint.doc(security="token", responses={409: "The webhook is not on."})
def send_webhook_again(webhook_id: int, delivery_id: int) -> Any:
    """Send an event once more, under the `webhook-id` that it had."""
    delivery = hooks.send_again(db(), hooks.get(db(), webhook_id), delivery_id, me())
    db().commit()
    return delivery_out(delivery)


def hook_out(hook: Webhook) -> dict[str, Any]:
    """A webhook as the API returns it; never its secret."""
    return {
        "id": hook.id,
        "name": hook.name,
        "url": hook.url,
        "events": hook.events,
        "state": hook.state,
        "waiting": hooks.waiting(db()).get(hook.id, 0),
        "dropped": hook.dropped,
        "created": hook.created_at.isoformat(),
        "delivered": hook.delivered_at.isoformat() if hook.delivered_at else None,
    }


def delivery_out(delivery: WebhookDelivery) -> dict[str, Any]:
    """An event for a webhook as the API returns it."""
    same = ("id", "message", "event", "status", "attempts", "seconds", "code", "problem", "reply", "body")
    return {name: getattr(delivery, name) for name in same} | {
        "created": delivery.created_at.isoformat(),
        "due": delivery.due_at.isoformat() if delivery.status == "waiting" else None,
        "tried": delivery.tried_at.isoformat() if delivery.tried_at else None,
    }
