"""Faces marked in a picture: boxes and names in the colours of their classes. Runs in a child process."""

import io
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from labeller.photos.class_signs import on_light, outline
from labeller.photos.cuts import KEPT_FORMATS

LEAST_TEXT, SMALL_SHARE, LARGE_SHARE = 11, 0.013, 0.022
"""Height of a text in pixels: at least; of small and of large faces, by the picture's longer side."""

Size = tuple[int, int]
Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom."""


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
    for mark in marks:
        _outline(pen, mark, _height(mark, picture.size))
    taken = [_rectangle(mark) for mark in marks]
    for mark in marks:
        taken.append(_label(pen, mark, picture.size, taken))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()


def _height(mark: Mark, size: Size) -> int:
    """Of the text: that of a small face is smaller, since it often has others beside it."""
    small, large = (max(LEAST_TEXT, share * max(size)) for share in (SMALL_SHARE, LARGE_SHARE))
    return round(min(max(small, mark.box[2] / 5), large))


def _rectangle(mark: Mark) -> Rectangle:
    x, y, w, h = mark.box
    return x, y, x + w, y + h


def _outline(pen: ImageDraw.ImageDraw, mark: Mark, height: int) -> None:
    """A box with a light line around its own, so that it is seen on any ground."""
    line, (left, top, right, bottom) = max(2, round(height / 6)), _rectangle(mark)
    halo = max(1, line // 2)
    pen.rectangle((left - halo, top - halo, right + halo, bottom + halo), outline="white", width=line + halo)
    pen.rectangle((left, top, right, bottom), outline=on_light(mark.number), width=line)


def _label(pen: ImageDraw.ImageDraw, mark: Mark, size: Size, taken: list[Rectangle]) -> Rectangle:
    """Sign and text beside the box, where they cover least of what is taken; returns what they cover."""
    height = _height(mark, size)
    font, high = ImageFont.load_default(height), round(1.5 * height)
    wide = round(pen.textlength(mark.text, font) + 1.4 * high)
    place = _place((wide, high), _rectangle(mark), size, taken)
    pen.rectangle(place, fill=on_light(mark.number))
    left, middle = place[0], place[1] + high / 2
    _sign(pen, mark.number, (left + high / 2, middle), height * 0.35)
    pen.text((left + high, middle), mark.text, "white", font, anchor="lm")
    return place


def _place(label: Size, box: Rectangle, size: Size, taken: list[Rectangle]) -> Rectangle:
    """Where the label stands in the picture: above the box, below it, beside it or a little away from it.

    The first of these places where it covers least of the boxes and of other labels.
    """
    (wide, high), (left, top, right, bottom) = label, box
    rows = [top - high, bottom, top - 2 * high, bottom + high]
    corners = [(x, y) for y in rows for x in (left, right - wide)] + [(right, top), (left - wide, top)]
    clipped = [(max(0, min(x, size[0] - wide)), max(0, min(y, size[1] - high))) for x, y in corners]
    places: list[Rectangle] = [(x, y, x + wide, y + high) for x, y in clipped]
    return min(places, key=lambda place: sum(_common(place, other) for other in taken))


def _common(one: Rectangle, other: Rectangle) -> float:
    """The area that both cover."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, wide) * max(0.0, high)


def _sign(pen: ImageDraw.ImageDraw, number: int, centre: tuple[float, float], radius: float) -> None:
    if corners := outline(number, centre, radius):
        pen.polygon(corners, fill="white")
    else:
        pen.circle(centre, radius, fill="white")
