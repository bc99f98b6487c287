"""Webhooks: which there are, what each was told, and what an owner does with them."""

from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from db.errors import BadInput, Conflict, Refused
from db.models import Webhook
from db.settings import settings
from db.webhooks import hooks
from db.webhooks.events import EVENTS
from web.auth.identity import me
from web.database import db
from web.i18n import _
from web.pages.refreshed import unless_known

pages = APIBlueprint("webhooks", __name__, enable_openapi=False)

DELIVERIES = 30
"""Shown of each."""


@pages.get("/webhooks")
def page() -> ResponseReturnValue:
    return _page()


@pages.get("/webhooks/list")
def listed() -> ResponseReturnValue:
    """The part of the page that changes while events are sent."""
    return unless_known(render_template("care/_webhooks.html", **_listed()))


@pages.post("/webhooks")
def add() -> ResponseReturnValue:
    """A new webhook. Its secret is in this page alone."""
    try:
        hook, secret = hooks.add(db(), _wish(), me())
    except (BadInput, Conflict) as error:
        db().rollback()
        return _page(error), 400
    db().commit()
    return _one(hook, secret=secret)


@pages.get("/webhooks/<int:webhook_id>")
def one(webhook_id: int) -> ResponseReturnValue:
    return _one(hooks.get(db(), webhook_id))


@pages.get("/webhooks/<int:webhook_id>/now")
def now(webhook_id: int) -> ResponseReturnValue:
    """The part of one webhook's page that changes."""
    return unless_known(render_template("care/_webhook.html", **_shown(hooks.get(db(), webhook_id))))


@pages.post("/webhooks/<int:webhook_id>")
def change(webhook_id: int) -> ResponseReturnValue:
    hook = hooks.get(db(), webhook_id)
    try:
        hooks.change(db(), hook, _wish(), me())
    except BadInput as error:
        db().rollback()
        return _one(hooks.get(db(), webhook_id), error=error), 400
    return _back(hook, _("The webhook is changed."))


@pages.post("/webhooks/<int:webhook_id>/pause")
def pause(webhook_id: int) -> ResponseReturnValue:
    hook = hooks.get(db(), webhook_id)
    hooks.change(db(), hook, hooks.Wish(paused=True), me())
    return _back(hook, _("The webhook is paused. Events wait."))


@pages.post("/webhooks/<int:webhook_id>/on")
def turn_on(webhook_id: int) -> ResponseReturnValue:
    hook = hooks.get(db(), webhook_id)
    hooks.change(db(), hook, hooks.Wish(paused=False), me())
    return _back(hook, _("The webhook is on. What waits is sent now."))


@pages.post("/webhooks/<int:webhook_id>/secret")
def new_secret(webhook_id: int) -> ResponseReturnValue:
    hook = hooks.get(db(), webhook_id)
    secret = hooks.new_secret(db(), hook, me())
    db().commit()
    return _one(hook, secret=secret)


@pages.post("/webhooks/<int:webhook_id>/test")
def send_test(webhook_id: int) -> ResponseReturnValue:
    hook = hooks.get(db(), webhook_id)
    hooks.send_test(db(), hook)
    return _back(hook, _("A test is on its way."))


@pages.post("/webhooks/<int:webhook_id>/deliveries/<int:delivery_id>/again")
def send_again(webhook_id: int, delivery_id: int) -> ResponseReturnValue:
    hook = hooks.get(db(), webhook_id)
    hooks.send_again(db(), hook, delivery_id, me())
    return _back(hook, _("The event is sent again."))


@pages.post("/webhooks/<int:webhook_id>/delete")
def delete(webhook_id: int) -> ResponseReturnValue:
    hooks.delete(db(), hooks.get(db(), webhook_id), me())
    db().commit()
    flash(_("The webhook is deleted."))
    return redirect(url_for("webhooks.page"))


def _wish() -> hooks.Wish:
    form = request.form
    return hooks.Wish(form.get("url", "").strip(), form.getlist("event"), form.get("name", ""))


def _back(hook: Webhook, text: str) -> ResponseReturnValue:
    db().commit()
    flash(text)
    return redirect(url_for("webhooks.one", webhook_id=hook.id))


def _listed() -> dict[str, Any]:
    return {"hooks": hooks.all_hooks(db()), "waiting": hooks.waiting(db())}


def _page(error: Refused | None = None) -> str:
    """The list, and the form as it was sent if it could not be used."""
    chosen = request.form.getlist("event") if error else list(EVENTS)
    return render_template(
        "care/webhooks.html",
        events=EVENTS,
        chosen=chosen,
        form=request.form,
        networks=settings().webhook_networks,
        error=error,
        **_listed(),
    )


def _shown(hook: Webhook) -> dict[str, Any]:
    deliveries = hooks.deliveries(db(), hook, None, DELIVERIES)
    return {"hook": hook, "deliveries": deliveries, "waiting": hooks.waiting(db()).get(hook.id, 0)}


def _one(hook: Webhook, secret: str | None = None, error: Refused | None = None) -> str:
    return render_template(
        "care/webhook.html", events=EVENTS, secret=secret, error=error, form=request.form, **_shown(hook)
    )
