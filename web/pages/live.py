"""The progress of a run: server-sent events, and the same fragment for clients that poll."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from flask import Flask, current_app, request
from flask.typing import ResponseReturnValue

from db.base import OPEN
from db.session import session_scope
from trainer.runs import requests
from web.auth.identity import Credential, credential, me, still_signed_in
from web.database import db
from web.i18n import language
from web.pages.runs import pages, render
from web.serving import events


@pages.get("/runs/<int:run_id>/live")
def live(run_id: int) -> ResponseReturnValue:
    """The part of the page that changes while the run runs."""
    return render(run_id, "runs/_run.html")


@pages.get("/runs/<int:run_id>/stream")
def stream(run_id: int) -> ResponseReturnValue:
    """That part each time it changes, until the run is over. Its forms' tokens are the page's to fill in."""
    requests.get_run(db(), run_id)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    environ = request.environ | {"wsgi.input": BytesIO(), "CONTENT_LENGTH": ""}
    topic = events.Topic(
        key=("run", run_id, language(), request.script_root),
        person=me().id,
        look=_look_at(app, environ, run_id),
        may_watch=_may_still_watch(credential()),
    )
    return events.respond(topic)


def _look_at(app: Flask, environ: dict[str, Any], run_id: int) -> Callable[[], events.Event]:
    """A look as nobody in particular: what it shows is sent to all who watch."""
    nobody = {
        key: value for key, value in environ.items() if key not in ("HTTP_COOKIE", "HTTP_AUTHORIZATION")
    }

    def look() -> events.Event:
        with app.request_context(dict(nobody)):
            # Asked before: of a run that ends meanwhile, the end has still to be shown.
            is_over = requests.get_run(db(), run_id).status not in OPEN
            return events.Event(render(run_id, "runs/_run.html"), is_over)

    return look


def _may_still_watch(given: Credential) -> Callable[[], bool]:
    def may_watch() -> bool:
        with session_scope() as session:
            return still_signed_in(session, given)

    return may_watch
