"""The owner's gallery: faces and photos by filter, answered or deleted many at once, with undo."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qsl, urlencode

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from db import audit
from db.base import now
from db.i18n import N_
from db.models import Person, Photo, SavedFilter
from labeller.answers.batches import BatchAnswer, record_batch, undo_batch
from labeller.comments import read as comments
from labeller.datasets import saved_filters, tags
from labeller.datasets.sources import Selection
from labeller.erasure.mark import UNDO_SECONDS, mark_photos, restore_photos
from labeller.people import people
from labeller.photos.access import get_photo
from labeller.reports import annotator_agreement, gallery
from web.auth.identity import me
from web.database import db
from web.i18n import _, ngettext
from web.input import day, numbers, optional_number
from web.pages.answer_form import page_made_at, posted_answer

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
    saved, selection = _shown()
    view, filters, before = selection.view, selection.filter, optional_number(request.args, "before")
    find: Any = gallery.photos if view == "photos" else gallery.faces
    items = find(db(), filters, before)
    query = {key: text for key, text in request.args.items() if text and key != "before"}
    return render_template(
        "gallery/gallery.html",
        view=view,
        filters=asdict(filters),
        items=items.items,
        older=f"{url_for('.page')}?{urlencode(query | {'before': items.next})}" if items.next else None,
        people=people.to_choose_from(db(), chosen=filters.person),
        team=people.to_choose_from(db(), Person.role != "friend"),
        looks=_translated(LOOKS),
        export=f"{url_for('transfers.page')}?{urlencode({k: query[k] for k in query if k != 'view'})}#make",
        states=_translated(STATES),
        seen_at=now().isoformat(),
        tags=tags.all_tags(db()),
        saved=saved,
        filtered=filters != gallery.Filter(),
        saved_filters=saved_filters.all_filters(db()),
        back=request.full_path,
    )


@pages.get("/photos/<int:photo_id>")
def photo(photo_id: int) -> ResponseReturnValue:
    shown = get_photo(db(), photo_id)
    return render_template(
        "gallery/photo.html",
        photo=shown,
        person=db().get(Person, shown.person_id) if shown.person_id else None,
        history=gallery.history(db(), shown),
        repeats=gallery.repeats_of(db(), shown),
        tags=tags.on_photo(db(), shown.id),
        all_tags=tags.all_tags(db()),
        notes=comments.count_open(db(), [face.id for face in shown.faces]),
    )


@pages.post("/gallery/answer")
def answer() -> ResponseReturnValue:
    """One answer for each of the chosen faces, undone as one."""
    kind, label = posted_answer()
    chosen = numbers(request.form, "id")
    if kind == "gold":
        count = annotator_agreement.mark_gold(db(), chosen, me())
        db().commit()
        text = _(
            "%(n)s of %(all)s chosen faces are check faces now: those whose answer nobody disputes.",
            n=count,
            all=len(chosen),
        )
        flash(text)
        return back()
    batch, done, left = record_batch(db(), me(), chosen, BatchAnswer(kind, label, page_made_at()))
    db().commit()
    text = ngettext("%(n)s face answered.", "%(n)s faces answered.", done)
    if left:
        text += " "
        text += _("%(n)s unchanged: somebody answered meanwhile, or they are deleted.", n=left)
    flash((text, url_for(".undo"), "batch", [batch]), "undo")  # type: ignore[arg-type]
    return back()


@pages.post("/gallery/undo")
def undo() -> ResponseReturnValue:
    count = undo_batch(db(), me(), request.form.get("batch", ""))
    db().commit()
    flash(ngettext("%(n)s answer undone.", "%(n)s answers undone.", count))
    return back()


@pages.post("/gallery/erase")
def erase() -> ResponseReturnValue:
    """The chosen photos are hidden now and erased after UNDO_SECONDS, until then they can be restored."""
    chosen = Photo.id.in_(numbers(request.form, "id"))
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
    return back()


@pages.post("/gallery/restore")
def restore() -> ResponseReturnValue:
    count = restore_photos(db(), numbers(request.form, "id"))
    audit.note(db(), "photos_restored", me(), count=count)
    db().commit()
    text = ngettext("%(n)s photo restored.", "%(n)s photos restored.", count)
    flash(text if count else _("Too late: the photos are deleted."))
    return back()


def _translated(names: dict[str, str]) -> dict[str, str]:
    return {key: _(text) for key, text in names.items()}


def _shown() -> tuple[SavedFilter | None, Selection]:
    """What the address asks for: a saved filter as it is now, or the fields of one."""
    saved_id = optional_number(request.args, "saved")
    if saved_id is None:
        return None, selection_of(request.args)
    saved = saved_filters.get_filter(db(), saved_id)
    return saved, saved_filters.read(db(), saved)


def selection_of(fields: Mapping[str, str]) -> Selection:
    """The filter of the gallery's form, or of the query of its address. Raises BadInput."""
    chosen = gallery.Filter(
        person=optional_number(fields, "person"),
        state=fields.get("state") or None,
        label=fields.get("label") or None,
        look=fields.get("look") or None,
        since=day(fields, "since"),
        until=day(fields, "until"),
        tag=optional_number(fields, "tag"),
    )
    return Selection("photos" if fields.get("view") == "photos" else "faces", chosen)


def posted_query() -> dict[str, str]:
    """The query of the gallery that the form was on."""
    return dict(parse_qsl(request.form.get("back", "").partition("?")[2], keep_blank_values=True))


def back() -> ResponseReturnValue:
    """To the page that the form was on. Only the query is the form's, so it never leads elsewhere."""
    query = posted_query()
    return redirect(url_for("gallery.page") + (f"?{urlencode(query)}" if query else ""))
