"""Faces marked in a picture: boxes and names in the colours of their classes. Runs in a child process."""

import io
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from labeller.photos.cuts import KEPT_FORMATS

COLOURS = (
    "#0f766e", "#b45309", "#6d28d9", "#be185d", "#1d4ed8",
    "#4d7c0f", "#a21caf", "#0e7490", "#9f1239", "#57534e",
)  # fmt: skip
"""By class, in the order of the style sheet's."""
SIGNS = ("circle", "square", "triangle", "diamond", "cross")
"""By class: who cannot tell the colours apart sees the shapes."""
LEAST_TEXT, TEXT_SHARE = 11, 0.022
"""Height of a text in pixels: at least, and as a share of the picture's longer side."""


class Mark(NamedTuple):
    """A box (x, y, w, h) in pixels, the index of its class, and the text beside it."""

    box: tuple[float, float, float, float]
    number: int
    text: str


def annotated(data: bytes, size: tuple[int, int] | None, marks: list[Mark]) -> bytes:
    """The stored picture, or the RGB pixels of `size`, with the marks, as a JPEG."""
    if size is None:
        picture: Image.Image = Image.open(io.BytesIO(data), formats=KEPT_FORMATS).convert("RGB")
    else:
        picture = Image.frombytes("RGB", (size[0], size[1]), data)
    pen = ImageDraw.Draw(picture)
    height = max(LEAST_TEXT, round(TEXT_SHARE * max(picture.size)))
    for mark in marks:
        _draw(pen, mark, height, picture.size)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()


def _draw(pen: ImageDraw.ImageDraw, mark: Mark, height: int, size: tuple[int, int]) -> None:
    """A box with a light line around its own, so that it is seen on any ground, and its label above it.

    The label stands inside the picture: below the upper edge of a box that touches the picture's.
    """
    colour, line = COLOURS[mark.number % len(COLOURS)], max(2, round(height / 6))
    font = ImageFont.load_default(height)
    x, y, w, h = mark.box
    for edge, ink in ((line + max(1, line // 2), "white"), (line, colour)):
        out = (edge - line, edge - line)
        pen.rectangle((x - out[0], y - out[1], x + w + out[0], y + h + out[1]), outline=ink, width=edge)
    high = round(1.5 * height)
    wide = round(pen.textlength(mark.text, font)) + 2 * high
    left = max(0, min(round(x), size[0] - wide))
    top = round(y) - high if y >= high else max(0, min(round(y), size[1] - high))
    pen.rectangle((left, top, left + wide, top + high), fill=colour)
    _sign(pen, mark.number, (left + high / 2, top + high / 2), height * 0.38)
    pen.text((left + high, top + high / 2), mark.text, "white", font, anchor="lm")


def _sign(pen: ImageDraw.ImageDraw, number: int, centre: tuple[float, float], r: float) -> None:
    (x, y), name = centre, SIGNS[number % len(SIGNS)]
    corners = {
        "triangle": [(x, y - r), (x + r, y + r), (x - r, y + r)],
        "diamond": [(x, y - r), (x + r, y), (x, y + r), (x - r, y)],
    }
    if name == "circle":
        pen.ellipse((x - r, y - r, x + r, y + r), fill="white")
    elif name == "square":
        pen.rectangle((x - r, y - r, x + r, y + r), fill="white")
    elif name == "cross":
        pen.line((x - r, y - r, x + r, y + r), "white", max(2, round(r / 2)))
        pen.line((x - r, y + r, x + r, y - r), "white", max(2, round(r / 2)))
    else:
        pen.polygon(corners[name], fill="white")
