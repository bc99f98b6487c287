"""Sending photos: the page for friends, and the cards that show what was found in them."""

from apiflask import APIBlueprint
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from db.errors import Refused
from db.models import Photo
from db.settings import settings
from web.api.photos import erase, take
from web.auth import me
from web.database import db
from web.pictures import visible

pages = APIBlueprint("upload", __name__, enable_openapi=False)

SHOWN = 60


@pages.get("/upload")
def page() -> ResponseReturnValue:
    return _page([])


@pages.post("/upload")
def send() -> ResponseReturnValue:
    """For browsers without JavaScript: the whole selection at once; a bad file never stops the others."""
    refused: list[tuple[str, Refused]] = []
    for file in request.files.getlist("file"):
        try:
            take(file.read(), request.form.get("person") or None)
        except Refused as error:
            db().rollback()
            refused.append((file.filename or "a file", error))
    return _page(refused), 400 if refused else 200


@pages.get("/photos/<int:photo_id>/card")
def card(photo_id: int) -> ResponseReturnValue:
    return render_template("_photo.html", photo=visible(photo_id, me()))


@pages.post("/photos/<int:photo_id>/delete")
def delete(photo_id: int) -> ResponseReturnValue:
    erase(photo_id)
    return redirect(url_for("upload.page"))


def _page(refused: list[tuple[str, Refused]]) -> str:
    mine = Photo.person_id == me().id if me().role == "friend" else Photo.uploaded_by == me().id
    photos = db().scalars(select(Photo).where(mine).order_by(Photo.id.desc()).limit(SHOWN)).all()
    return render_template("upload.html", photos=photos, refused=refused, limit=settings().max_upload_mb)
