"""Renditions of photos and crops of faces, for those who may see them."""

from apiflask import APIBlueprint
from flask import Response
from flask.typing import ResponseReturnValue

from db.models import Face
from labeller.errors import NotFound
from labeller.photos import renditions
from labeller.photos.access import visible_photo
from web.auth.identity import me
from web.database import db

pages = APIBlueprint("pictures", __name__, enable_openapi=False)


@pages.get("/photos/<int:photo_id>/view.jpg")
def view(photo_id: int) -> ResponseReturnValue:
    return _jpeg(renditions.view(visible_photo(db(), photo_id, me())))


@pages.get("/photos/<int:photo_id>/small.jpg")
def small(photo_id: int) -> ResponseReturnValue:
    return _jpeg(renditions.small(db(), visible_photo(db(), photo_id, me())))


@pages.get("/faces/<int:face_id>/crop.jpg")
def crop(face_id: int) -> ResponseReturnValue:
    return _jpeg(renditions.crop(_visible_face(face_id)))


@pages.get("/faces/<int:face_id>/thumb.jpg")
def thumb(face_id: int) -> ResponseReturnValue:
    return _jpeg(renditions.thumb(db(), _visible_face(face_id)))


def _visible_face(face_id: int) -> Face:
    face = db().get(Face, face_id)
    if face is None:
        raise NotFound("no_such_face", "There is no such face.", "Its photo may have been deleted.")
    visible_photo(db(), face.photo_id, me())
    return face


def _jpeg(data: bytes) -> Response:
    response = Response(data, mimetype="image/jpeg")
    # A new box has a new address (?v=), so nothing goes stale; but what is deleted must not stay for long.
    response.headers["Cache-Control"] = "private, max-age=600, immutable"
    return response
