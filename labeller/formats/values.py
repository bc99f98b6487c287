"""Numbers of a file as boxes in pixels, under the rules that hold for every format."""

import math
from collections.abc import Sequence
from decimal import Decimal

from labeller.formats.records import Box, Size

WHOLE = 0.01
"""A side within so many pixels of a whole number is that number: formats with shares of a side lose that
much."""
LONGEST_SIDE = 1_000_000
"""Pixels; no picture is longer, and a stated size beyond it is no size."""


class BadBox(ValueError):
    """The numbers make no box; the text says why, and goes into the report."""


def as_number(value: object) -> float:
    """A number of a JSON file; NaN for what is none, infinite for what is too large."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def as_text_number(text: str) -> float:
    """A number of a text file; NaN for what is none."""
    try:
        return float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return math.nan


def as_box(values: object) -> Box:
    """Four numbers of a file, unchecked; what is no number is NaN. Raises BadBox if there are not four."""
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != 4:
        raise BadBox("has no four numbers as its box")
    left, top, width, height = (as_number(value) for value in values)
    return left, top, width, height


def enclosing(points: Sequence[tuple[float, float]]) -> Box:
    """The box around points (x, y) in pixels. Raises BadBox if there are fewer than two."""
    if len(points) < 2:
        raise BadBox("has fewer than two points")
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def in_pixels(shares: Box, size: Size) -> Box:
    """A box given in shares of the picture's width and height."""
    left, top, width, height = shares
    return left * size[0], top * size[1], width * size[0], height * size[1]


def as_size(width: object, height: object) -> Size | None:
    """A stated size; None if it cannot be one."""
    sides = as_number(width), as_number(height)
    if all(1 <= side <= LONGEST_SIDE and side == int(side) for side in sides):
        return int(sides[0]), int(sides[1])
    return None


def fitted(box: Box, size: Size | None) -> tuple[Box, bool]:
    """The box with whole numbers restored and cut at the picture's edges; whether anything was cut off.

    Raises BadBox for one that is not finite, has no width or height, or lies outside.
    """
    if not all(math.isfinite(value) and abs(value) <= 2 * LONGEST_SIDE for value in box):
        raise BadBox("has a box of numbers that cannot be pixels")
    left, top, width, height = (_whole(value) for value in box)
    if width <= 0 or height <= 0:
        raise BadBox(f"has a box {_text(width)} pixels wide and {_text(height)} high")
    if size is None:
        return (left, top, width, height), False
    right, bottom = _whole(min(left + width, size[0])), _whole(min(top + height, size[1]))
    inside_left, inside_top = max(left, 0.0), max(top, 0.0)
    if right <= inside_left or bottom <= inside_top:
        raise BadBox("has a box outside of the picture")
    cut = (inside_left, inside_top, _whole(right - inside_left), _whole(bottom - inside_top))
    return cut, any(
        abs(one - other) > WHOLE for one, other in zip(cut, (left, top, width, height), strict=True)
    )


def _whole(value: float) -> float:
    nearest = float(round(value))
    return nearest if abs(value - nearest) <= WHOLE else value


def _text(value: float) -> str:
    return f"{value:g}"
