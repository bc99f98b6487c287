"""My photos: what I sent, the faces and labels in it, and deleting it."""

from apiflask import APIBlueprint
from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from db import audit
from labeller.erasure import export
from labeller.erasure.mark import mark_person
from labeller.people import consent
from labeller.reports import gallery
from web.auth.access import session_list
from web.auth.identity import forget, me
from web.database import db
from web.input import optional_number

pages = APIBlueprint("mine", __name__, enable_openapi=False)


@pages.get("/mine")
def page() -> ResponseReturnValue:
    before = optional_number(request.args, "before")
    photos = gallery.photos_of(db(), me(), before)
    return render_template(
        "mine/mine.html",
        photos=photos.items,
        older=photos.next,
        own_photos=gallery.sent_by(db(), me()),
        **session_list(me()),
    )


@pages.post("/mine/consent")
def agree() -> ResponseReturnValue:
    consent.agree(db(), me())
    db().commit()
    return redirect(url_for("upload.page"))


@pages.get("/mine/everything.zip")
def download() -> ResponseReturnValue:
    audit.note(db(), "person_downloaded", me(), person=me().id)
    db().commit()
    return archive(export.export_person(db(), me()))


@pages.post("/mine/erase")
def erase() -> ResponseReturnValue:
    """Everything of this person goes; they are signed out."""
    mark_person(db(), me(), me())
    db().commit()
    forget()
    return render_template("mine/erased.html")


def archive(parts: export.Archive) -> Response:
    """A zip file that is made while it is sent."""
    response = Response(parts, mimetype="application/zip")
    response.headers["Content-Disposition"] = 'attachment; filename="second-look.zip"'
    return response
