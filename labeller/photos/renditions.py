"""The pictures on pages: the photo at screen size, and crops of its faces."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import disk
from db.models import Face, Photo
from db.storage import blobs
from labeller.photos import decode
from labeller.photos.pixels import view_scale

CROP_SIDE = 480
CROP_MARGIN = 0.35
"""Margin around the box, relative to its longer side: hair and chin help people to decide."""

THUMB_SIDE, SMALL_SIDE = 160, 400
"""Side of a face in a grid, and longest side of a photo in one, in pixels."""


def thumb(session: Session, face: Face) -> bytes:
    """The face in a square JPEG of THUMB_SIDE pixels, stored for each version of its box."""
    return _stored(
        session,
        face.photo,
        f"{face.id}-{face.box_version}",
        lambda: _cut(face, face.photo.view_blob, THUMB_SIDE),
    )


def small(session: Session, photo: Photo) -> bytes:
    """The photo in a JPEG of at most SMALL_SIDE pixels a side, stored."""

    return _stored(session, photo, "photo", lambda: decode.smaller(blobs().get(photo.view_blob), SMALL_SIDE))


def view(photo: Photo) -> bytes:
    """The rendition of at most 1024 px, JPEG."""
    return blobs().get(photo.view_blob)


def crop(face: Face) -> bytes:
    """The face with a margin, a square JPEG of at most CROP_SIDE pixels a side."""
    side = max(face.w, face.h) * (1 + 2 * CROP_MARGIN)
    scale = view_scale(face.photo.width, face.photo.height)
    # Use the small rendition if its resolution suffices: opening a 12 MP original takes 0.1 s.
    suffices = scale == 1.0 or side * scale >= CROP_SIDE
    return _cut(face, face.photo.view_blob if suffices else face.photo.blob, CROP_SIDE)


def _cut(face: Face, key: str, longest: int) -> bytes:
    """The face with its margin, cut out of the stored picture `key` of its photo."""
    x, y, w, h = face.box
    half = max(w, h) * (1 + 2 * CROP_MARGIN) / 2
    edges = (x + w / 2 - half, y + h / 2 - half, x + w / 2 + half, y + h / 2 + half)
    left, top, right, bottom = (edge / face.photo.width for edge in edges)
    return decode.smaller(blobs().get(key), longest, (left, top, right, bottom))


def _stored(session: Session, photo: Photo, name: str, make: Callable[[], bytes]) -> bytes:
    """The stored picture of that name, made by `make` and stored if it is missing."""
    path = f"thumb/{photo.id}/{name}.jpg"
    try:
        return blobs().get(path)
    except FileNotFoundError:
        picture = make()
    try:
        blobs().put_named(path, picture)
    except Exception as error:  # a store has errors of its own
        if not disk.is_full_error(error):
            raise
        return picture  # it is made anew until there is room
    if session.scalar(select(Photo.status).where(Photo.id == photo.id)) in (None, "erasing"):
        blobs().delete(path)  # the photo and its stored pictures were deleted meanwhile
    return picture
