"""Smaller pictures of stored photos. Runs in a child process, see `decode`."""

import io

from PIL import Image

KEPT_FORMATS = ("JPEG", "PNG", "WEBP")
"""Formats in which photos are stored."""

Square = tuple[float, float, float, float]
"""Left, top, right and bottom as shares of the picture's width; parts of it may lie outside."""


def smaller(data: bytes, longest: int, square: Square | None = None) -> bytes:
    """The picture, or a square of it, as a JPEG of at most `longest` pixels a side."""
    picture: Image.Image = Image.open(io.BytesIO(data), formats=KEPT_FORMATS)
    if square is not None:
        left, top, right, bottom = (round(edge * picture.width) for edge in square)
        picture = picture.crop((left, top, right, bottom))
    picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=88)
    return out.getvalue()
