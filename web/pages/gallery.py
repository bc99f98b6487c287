"""The owner's gallery: every face and photo, by what one looks for; many at once, and undone."""

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from db.base import now
from db.i18n import N_
from db.models import Person, Photo
from labeller.answers import record
from labeller.erasure.mark import UNDO_SECONDS, mark_photos, restore_photos
from labeller.errors import BadAnswer
from labeller.people import people
from labeller.photos.access import get_photo
from labeller.reports import annotator_agreement, gallery
from web.auth.identity import me
from web.database import db
from web.i18n import _, ngettext

pages = APIBlueprint("gallery", __name__, enable_openapi=False)

STATES = {"proposed": N_("proposed"), "confirmed": N_("confirmed"), "rejected": N_("rejected")}
LOOKS = {
    "doubtful": N_("Unlikely faces"),
    "unsure": N_("The model is undecided"),
    "against": N_("Guess and label differ"),
    "disputed": N_("People disagree"),
    "gold": N_("Check faces"),
    "repeats": N_("Near duplicates"),
}


@pages.get("/gallery")
def page() -> ResponseReturnValue:
    view = "photos" if request.args.get("view") == "photos" else "faces"
    filters, before = _filter(), request.args.get("before", type=int)
    find: Any = gallery.photos if view == "photos" else gallery.faces
    found = find(db(), filters, before)
    chosen: dict[str, Any] = {key: text for key, text in request.args.items() if text and key != "before"}
    return render_template(
        "gallery/gallery.html",
        view=view,
        filters=asdict(filters),
        found=found.items,
        older=url_for(".page", **chosen, before=found.next) if found.next else None,
        everyone=people.everyone(db()),
        looks=_said(LOOKS),
        states=_said(STATES),
        seen_at=now().isoformat(),
        back=request.full_path,
    )


@pages.get("/photos/<int:photo_id>")
def photo(photo_id: int) -> ResponseReturnValue:
    found = get_photo(db(), photo_id)
    return render_template(
        "gallery/photo.html",
        photo=found,
        person=db().get(Person, found.person_id) if found.person_id else None,
        history=gallery.history(db(), found),
        repeats=gallery.repeats_of(db(), found),
    )


@pages.post("/gallery/answer")
def answer() -> ResponseReturnValue:
    """One answer for each of the chosen faces, undone as one."""
    kind, label = request.form.get("answer", "").partition(":")[::2]
    chosen = request.form.getlist("id", type=int)
    if kind == "gold":
        count = annotator_agreement.vouch(db(), chosen, me())
        db().commit()
        text = _(
            "%(n)s of %(all)s chosen faces are check faces now: those whose answer nobody disputes.",
            n=count,
            all=len(chosen),
        )
        flash(text)
        return _back()
    batch, done, left = record.record_batch(db(), me(), chosen, kind, label or None, seen_at())
    db().commit()
    text = ngettext("%(n)s face answered.", "%(n)s faces answered.", done)
    if left:
        text += " "
        text += _("%(n)s unchanged: somebody answered meanwhile, or they are deleted.", n=left)
    flash((text, url_for(".undo"), "batch", [batch]), "undo")  # type: ignore[arg-type]
    return _back()


@pages.post("/gallery/undo")
def undo() -> ResponseReturnValue:
    count = record.undo_batch(db(), me(), request.form.get("batch", ""))
    db().commit()
    flash(ngettext("%(n)s answer undone.", "%(n)s answers undone.", count))
    return _back()


@pages.post("/gallery/erase")
def erase() -> ResponseReturnValue:
    """The chosen photos are hidden now and erased after a moment, in which they can be had back."""
    chosen = Photo.id.in_(request.form.getlist("id", type=int))
    started = mark_photos(db(), chosen, me(), UNDO_SECONDS)
    db().commit()
    count = len(started)
    text = ngettext(
        "%(n)s photo deleted. You can undo this for %(seconds)s seconds.",
        "%(n)s photos deleted. You can undo this for %(seconds)s seconds.",
        count,
        seconds=UNDO_SECONDS,
    )
    flash((text, url_for(".restore"), "id", started), "undo")  # type: ignore[arg-type]
    return _back()


@pages.post("/gallery/restore")
def restore() -> ResponseReturnValue:
    count = restore_photos(db(), request.form.getlist("id", type=int))
    db().commit()
    back = ngettext("%(n)s photo restored.", "%(n)s photos restored.", count)
    flash(back if count else _("Too late: the photos are deleted."))
    return _back()


def _said(names: dict[str, str]) -> dict[str, str]:
    return {key: _(text) for key, text in names.items()}


def _filter() -> gallery.Filter:
    args = request.args
    return gallery.Filter(
        person=args.get("person", type=int),
        state=args.get("state") or None,
        label=args.get("label") or None,
        look=args.get("look") or None,
        since=_day("since"),
        until=_day("until"),
    )


def _day(name: str) -> date | None:
    text = request.args.get(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise BadAnswer("bad_date", "This is no date.", "Write it as 2026-11-23.") from error


def seen_at() -> datetime:
    """When the page was made that this form came from."""
    try:
        return datetime.fromisoformat(request.form.get("seen_at", "")).astimezone(UTC)
    except ValueError as error:
        raise BadAnswer("page_expired", "This page is too old to answer from.", "Reload it.") from error


def _back() -> ResponseReturnValue:
    """To the page the form was on; an address of our own, whatever was sent."""
    query = request.form.get("back", "").partition("?")[2]
    return redirect(url_for(".page") + (f"?{query}" if query else ""))
