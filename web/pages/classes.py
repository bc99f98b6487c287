"""The owner's classes: add, rename, merge, retire, and undo any of it."""

from collections.abc import Callable

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labeller.answers import class_edits
from labeller.errors import BadAnswer
from web.auth.identity import me
from web.database import db
from web.i18n import _

pages = APIBlueprint("classes", __name__, enable_openapi=False)


@pages.get("/classes")
def page() -> ResponseReturnValue:
    return render_template(
        "classes/classes.html", counts=class_edits.counts(db()), history=class_edits.history(db())
    )


@pages.post("/classes")
def edit() -> ResponseReturnValue:
    form = request.form
    edits: dict[str, Callable[[], object]] = {
        "add": lambda: class_edits.add(db(), form.get("to", ""), me()),
        "rename": lambda: class_edits.rename(db(), form.get("name", ""), form.get("to", ""), me()),
        "merge": lambda: class_edits.merge(db(), form.get("name", ""), form.get("to", ""), me()),
        "retire": lambda: class_edits.retire(db(), form.get("name", ""), me()),
    }
    change = edits.get(form.get("what", ""))
    if change is None:
        hint = _("Send one of %(names)s as `what`.", names=", ".join(edits))
        raise BadAnswer("no_edit", _("Choose what to change."), hint)
    change()
    return _done()


@pages.post("/classes/undo/<int:event_id>")
def undo(event_id: int) -> ResponseReturnValue:
    class_edits.undo(db(), event_id, me())
    return _done()


def _done() -> ResponseReturnValue:
    db().commit()
    flash(_("Class changed. You can undo it below."))
    return redirect(url_for(".page"))
