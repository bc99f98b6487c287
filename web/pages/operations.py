"""Operations: what would stop the workbench, what waits, who works, what failed, and what it is made of."""

import platform
import time
from functools import cache, lru_cache
from importlib import metadata
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from db import failures, state
from db.backup import kept
from db.migrate import newest_revision
from db.models import Backup, Photo
from db.settings import settings
from db.webhooks import hooks
from db.workbench import live_run
from labeller.errors import NotFound
from labeller.uploads.try_again import look_again
from trainer.runs import requests
from web.auth.identity import me
from web.database import db
from web.i18n import _, decimal, ngettext
from web.pages.refreshed import unless_known

pages = APIBlueprint("operations", __name__, enable_openapi=False)

SUMMED_FOR = 60.0
"""Seconds for which the size of all photos is good."""
PACKAGES = (
    "flask",
    "uvicorn",
    "sqlalchemy",
    "celery",
    "pillow",
    "tensorflow",
    "mtcnn",
    "opencv-python-headless",
)


@pages.get("/operations")
def page() -> ResponseReturnValue:
    return render_template("care/operations.html", **_values())


@pages.get("/operations/now")
def now() -> ResponseReturnValue:
    """The part of the page that changes."""
    return unless_known(render_template("care/_operations.html", **_values()))


@pages.post("/operations/photos/retry")
def retry_photos() -> ResponseReturnValue:
    count = failures.retry_photos(db(), me())
    db().commit()
    flash(ngettext("%(n)s photo is looked at again.", "%(n)s photos are looked at again.", count))
    return redirect(url_for("operations.page"))


@pages.post("/operations/photos/<int:photo_id>/retry")
def retry_photo(photo_id: int) -> ResponseReturnValue:
    photo = db().get(Photo, photo_id)
    if photo is None:
        raise NotFound("no_such_photo", "There is no such photo.")
    look_again(db(), photo)
    db().commit()
    return redirect(url_for("operations.page"))


@pages.post("/operations/runs/<int:run_id>/retry")
def retry_run(run_id: int) -> ResponseReturnValue:
    """A new run of the same recipe."""
    run = requests.request_run(db(), requests.get_run(db(), run_id).recipe, me())
    db().commit()
    return redirect(url_for("runs.one", run_id=run.id))


def _values() -> dict[str, Any]:
    session = db()
    found, current = failures.find(session), state.read(session)
    return {
        "state": current,
        "failures": found,
        "problems": _problems(current, found),
        "live": live_run(session),
        "photo_bytes": _photo_bytes(int(time.monotonic() / SUMMED_FOR)),
        "backup_bytes": session.scalar(select(func.sum(Backup.size)).where(Backup.file.is_not(None))) or 0,
        "versions": _versions(),
        "schema": newest_revision(),
        "detectors": settings().detectors,
        "last_backup": kept.last(session),
    }


@lru_cache(maxsize=1)
def _photo_bytes(_period: int) -> int:
    """Of all photos; summed once a period, since all rows are read for it."""
    return db().scalar(select(func.sum(Photo.stored_bytes))) or 0


def _problems(current: state.State, found: failures.Failures) -> list[str]:
    """What would stop the workbench, or does, in words; the worst first."""
    problems = []
    if current.space.is_low:
        problems.append(
            _("The disk is nearly full: photos and training wait until there is room; answers still go in.")
        )
    if current.queues is None:
        problems.append(_("The broker does not answer: work waits in the database until it does."))
    problems += [
        _("No %(kind)s worker is at work. Nothing is lost; its work waits.", kind=kind)
        for kind in current.missing
    ]
    problems += [
        _("%(name)s cannot work: %(reason)s", name=worker.name, reason=worker.problem)
        for worker in current.workers
        if current.is_alive(worker) and worker.problem
    ]
    if current.has_skew:
        skew = decimal(current.largest_skew, 0)
        problems.append(_("A machine's clock is off by %(n)s seconds. Set it by a time server.", n=skew))
    if any(wait > state.LONG_WAIT for wait in current.oldest.values()):
        problems.append(_("Something has waited for more than ten minutes."))
    problems += [
        _("Webhook %(n)s has reached nobody for a day. Its events wait.", n=hook.name or hook.id)
        for hook in hooks.all_hooks(db())
        if hook.state == "failing"
    ]
    if found.backups:
        problems.append(_("The last backup failed: %(reason)s", reason=found.backups[0].error))
    return problems


@cache
def _versions() -> dict[str, str]:
    """Of Python and of the packages that are installed here."""
    found = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
