"""What the pages show: the photo at screen size, and a face cut out of it."""

import io
from collections.abc import Callable

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Face, Photo
from db.storage import blobs
from labeller.photos.pixels import VIEW_SIDE

CROP_SIDE = 480
CROP_MARGIN = 0.35
"""Share of the box shown around it: hair and chin tell a person what the box alone does not."""

THUMB_SIDE, SMALL_SIDE = 160, 400
"""Of a face in a grid, and the longest of a photo in one."""


def thumb(session: Session, face: Face) -> bytes:
    """The face in a square JPEG of THUMB_SIDE pixels, cut once for each box it has."""
    return _once(
        session,
        face.photo,
        f"{face.id}-{face.box_version}",
        lambda: _cut(face, face.photo.view_blob, THUMB_SIDE),
    )


def small(session: Session, photo: Photo) -> bytes:
    """The photo in a JPEG of at most SMALL_SIDE pixels a side, made once."""

    def make() -> bytes:
        with _opened(photo.view_blob) as picture:
            picture.thumbnail((SMALL_SIDE, SMALL_SIDE), Image.Resampling.LANCZOS)
            return _jpeg(picture)

    return _once(session, photo, "photo", make)


def view(photo: Photo) -> bytes:
    """The rendition of at most 1024 px, JPEG."""
    return blobs().get(photo.view_blob)


def crop(face: Face) -> bytes:
    """The face with a margin, a square JPEG of at most CROP_SIDE pixels a side."""
    side = max(face.w, face.h) * (1 + 2 * CROP_MARGIN)
    scale = min(1.0, VIEW_SIDE / max(face.photo.width, face.photo.height))
    # The small rendition will do when it has the pixels; a 12 MP original costs 0.1 s to open.
    enough = scale == 1.0 or side * scale >= CROP_SIDE
    return _cut(face, face.photo.view_blob if enough else face.photo.blob, CROP_SIDE)


def _cut(face: Face, key: str, longest: int) -> bytes:
    """The face with its margin out of one of its photo's pictures."""
    x, y, w, h = face.box
    with _opened(key) as picture:
        scale = picture.width / face.photo.width
        middle_x, middle_y = (x + w / 2) * scale, (y + h / 2) * scale
        half = max(w, h) * (1 + 2 * CROP_MARGIN) * scale / 2
        square = (middle_x - half, middle_y - half, middle_x + half, middle_y + half)
        cut = picture.crop(tuple(round(edge) for edge in square))  # type: ignore[arg-type]
    cut.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return _jpeg(cut)


def _once(session: Session, photo: Photo, name: str, make: Callable[[], bytes]) -> bytes:
    """What `make` made the first time it was asked for."""
    path = f"thumb/{photo.id}/{name}.jpg"
    try:
        return blobs().get(path)
    except FileNotFoundError:
        made = make()
    blobs().put_named(path, made)
    if session.scalar(select(Photo.status).where(Photo.id == photo.id)) in (None, "erasing"):
        blobs().delete(path)  # the photo went while we were busy, and its thumbnails before this one came
    return made


def _opened(key: str) -> Image.Image:
    return Image.open(io.BytesIO(blobs().get(key)), formats=["JPEG", "PNG", "WEBP"])


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=88)
    return out.getvalue()
