"""What the pages show: the photo at screen size, and a face cut out of it."""

import io

from PIL import Image

from db.models import Face, Photo
from db.storage import blobs
from labeller.pixels import VIEW_SIDE

CROP_SIDE = 480
CROP_MARGIN = 0.35
"""Share of the box shown around it: hair and chin tell a person what the box alone does not."""


def view(photo: Photo) -> bytes:
    """The rendition of at most 1024 px, JPEG."""
    return blobs().get(photo.view_blob)


def crop(face: Face) -> bytes:
    """The face with a margin, a square JPEG of at most CROP_SIDE pixels a side."""
    x, y, w, h = face.box
    side = max(w, h) * (1 + 2 * CROP_MARGIN)
    scale = min(1.0, VIEW_SIDE / max(face.photo.width, face.photo.height))
    # The small rendition will do when it has the pixels; a 12 MP original costs 0.1 s to open.
    enough = scale == 1.0 or side * scale >= CROP_SIDE
    key, scale = (face.photo.view_blob, scale) if enough else (face.photo.blob, 1.0)
    with Image.open(io.BytesIO(blobs().get(key)), formats=["JPEG", "PNG"]) as picture:
        middle_x, middle_y, half = (x + w / 2) * scale, (y + h / 2) * scale, side * scale / 2
        square = (middle_x - half, middle_y - half, middle_x + half, middle_y + half)
        cut = picture.crop(tuple(round(edge) for edge in square))  # type: ignore[arg-type]
    cut.thumbnail((CROP_SIDE, CROP_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    cut.save(out, "JPEG", quality=88)
    return out.getvalue()
