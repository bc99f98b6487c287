"""Backups: one now, those that are kept, and the schedule."""

from apiflask import APIBlueprint
from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from db.backup import kept, shelf
from db.errors import NotFound
from db.models import Workbench
from web.auth.identity import me
from web.database import db
from web.i18n import _
from web.input import number
from web.pages.refreshed import unless_known

pages = APIBlueprint("backups", __name__, enable_openapi=False)


@pages.get("/backups")
def page() -> ResponseReturnValue:
    rule = db().scalar(select(Workbench)) or Workbench(backup_days=0, backup_hour=3, backups_kept=5)
    return render_template(
        "care/backups.html", rule=rule, schedules=kept.SCHEDULES, most=kept.MOST_KEPT, **_listed()
    )


@pages.get("/backups/list")
def listed() -> ResponseReturnValue:
    """The part of the page that changes while a backup is made."""
    return unless_known(render_template("care/_backups.html", **_listed()))


@pages.post("/backups")
def start() -> ResponseReturnValue:
    kept.request(db(), me())
    db().commit()
    return redirect(url_for("backups.page"))


@pages.post("/backups/<int:backup_id>/cancel")
def cancel(backup_id: int) -> ResponseReturnValue:
    kept.cancel(db(), kept.get(db(), backup_id), me())
    db().commit()
    return redirect(url_for("backups.page"))


@pages.post("/backups/<int:backup_id>/delete")
def delete(backup_id: int) -> ResponseReturnValue:
    kept.delete(db(), kept.get(db(), backup_id), me())
    db().commit()
    flash(_("The backup is deleted."))
    return redirect(url_for("backups.page"))


@pages.get("/backups/<int:backup_id>/file")
def download(backup_id: int) -> ResponseReturnValue:
    name = kept.note_download(db(), kept.get(db(), backup_id), me())
    try:
        size, pieces = shelf.read(name)
    except FileNotFoundError as error:
        raise NotFound("no_file", "This backup's file is not there any more.", "Make a new one.") from error
    db().commit()
    response = Response(pieces, mimetype="application/x-tar")
    response.content_length = size
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@pages.post("/backups/schedule")
def schedule() -> ResponseReturnValue:
    form = request.form
    kept.set_schedule(db(), number(form, "days", 0), number(form, "hour", 3), number(form, "kept", 5), me())
    db().commit()
    flash(_("The schedule is saved."))
    return redirect(url_for("backups.page"))


def _listed() -> dict[str, object]:
    backups = kept.recent(db())
    return {
        "backups": backups,
        "running": next((one for one in backups if one.status in ("queued", "running")), None),
        "last": kept.last(db()),
        "failed": backups[0] if backups and backups[0].status == "failed" else None,
    }
