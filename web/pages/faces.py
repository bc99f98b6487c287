"""One face by itself with the faces most like it, and those like the faces in a photo that is not kept."""

from apiflask import APIBlueprint
from flask import render_template
from flask.typing import ResponseReturnValue

from labeller.photos.access import shown_face
from web.database import db

pages = APIBlueprint("faces", __name__, enable_openapi=False)


@pages.get("/faces/<int:face_id>")
def page(face_id: int) -> ResponseReturnValue:
    return render_template("faces/face.html", face=shown_face(db(), face_id))


@pages.get("/similar")
def search() -> ResponseReturnValue:
    return render_template("faces/search.html")
