"""Sending photos, and the faces found in them so far."""

from apiflask import APIBlueprint
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from db.errors import NotFound, Refused
from db.models import Photo
from db.settings import settings
from labeller.people import consent, people
from labeller.photos.access import visible_photo
from labeller.reports import gallery
from labeller.uploads import clips, quotas
from web.api.photos import erase, retry, take, turn
from web.auth.identity import me, must_consent
from web.database import db
from web.i18n import _
from web.input import number, numbers

pages = APIBlueprint("upload", __name__, enable_openapi=False)

SHOWN = 24
ASKED_AT_ONCE = 60
SUGGESTED = 200
"""People that are suggested as those in the photos."""


@pages.get("/upload")
def page() -> ResponseReturnValue:
    return _page([])


@pages.post("/upload")
def send() -> ResponseReturnValue:
    """For browsers without JavaScript: the whole selection at once; a bad file never stops the others."""
    refusals: list[tuple[str, Refused]] = []
    for file in request.files.getlist("file"):
        try:
            take(file.read(), request.form.get("person") or None)
        except Refused as error:
            db().rollback()
            refusals.append((file.filename or _("a file"), error))
    return _page(refusals), 400 if refusals else 200


@pages.get("/upload/progress")
def progress() -> ResponseReturnValue:
    """How far the detector is, and the cards of the photos asked for (`?id=1&id=2`)."""
    asked = numbers(request.args, "id")[:ASKED_AT_ONCE]
    photos = [photo for photo_id in asked if (photo := _visible(photo_id))]
    return render_template("upload/_progress.html", photos=photos, own_photos=gallery.sent_by(db(), me()))


@pages.post("/photos/<int:photo_id>/delete")
def delete(photo_id: int) -> ResponseReturnValue:
    erase(photo_id)
    return redirect(url_for("mine.page"))


@pages.post("/photos/<int:photo_id>/retry")
def try_again(photo_id: int) -> ResponseReturnValue:
    """Look again at a photo that failed."""
    retry(photo_id)
    owner = me().role == "owner"
    return redirect(url_for("gallery.photo", photo_id=photo_id) if owner else url_for("mine.page"))


@pages.post("/photos/<int:photo_id>/turn")
def turn_photo(photo_id: int) -> ResponseReturnValue:
    """Turn a photo as its card proposes."""
    turn(photo_id, number(request.form, "degrees", 0))
    owner = me().role == "owner"
    return redirect(url_for("gallery.photo", photo_id=photo_id) if owner else url_for("mine.page"))


def _visible(photo_id: int) -> Photo | None:
    try:
        return visible_photo(db(), photo_id, me())
    except NotFound:  # deleted since the page was made
        return None


def _page(refusals: list[tuple[str, Refused]]) -> str:
    if must_consent():
        return render_template("upload/consent.html", consent_text=consent.wording())
    photos = gallery.photos_of(db(), me(), limit=SHOWN)
    return render_template(
        "upload/upload.html",
        photos=photos.items,
        more=photos.next is not None,
        own_photos=gallery.sent_by(db(), me()),
        refusals=refusals,
        limit=settings().max_upload_mb,
        clip_limit=settings().max_clip_mb,
        clip_seconds=settings().max_clip_seconds,
        recent_clips=clips.recent_clips(db(), me()),
        people=people.newest(db(), SUGGESTED) if me().role == "owner" else [],
        quota=quotas.quota_of(db(), me()),
    )
