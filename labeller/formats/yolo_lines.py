"""One line of a YOLO label file: a class by number and a shape in parts of the width and the height."""

from collections.abc import Sequence
from dataclasses import dataclass

from db.texts import number_of
from labeller.formats.names import shown
from labeller.formats.records import Box, Size
from labeller.formats.values import as_text_number, enclosing, in_pixels


@dataclass(frozen=True, slots=True)
class Line:
    """`box` in pixels; `shape` names what it encloses where the line holds something else than a box."""

    index: int
    box: Box
    confidence: float | None = None
    shape: str | None = None


def parse_line(columns: Sequence[str], size: Size) -> Line:
    """The class and the box in a picture of `size`. Raises ValueError with the reason for people."""
    first, *values = (as_text_number(column) for column in columns)
    if not first.is_integer():
        raise ValueError(f"has no class of the number “{shown(columns[0], 40)}”")
    index = int(first)
    if len(columns) in (5, 6):
        return Line(index, _box(values, size), values[4] if len(columns) == 6 else None)
    if len(columns) < 7 or len(values) % 2:
        raise ValueError(f"has a line of {number_of(len(columns), 'column')} instead of 5")
    points = [(x * size[0], y * size[1]) for x, y in zip(values[::2], values[1::2], strict=True)]
    return Line(index, enclosing(points), shape="turned box" if len(columns) == 9 else "polygon")


def format_line(index: int, box: Box, size: Size) -> str:
    """The line of a box in pixels of a picture of `size`."""
    left, top, width, height = box
    values = (
        (left + width / 2) / size[0],
        (top + height / 2) / size[1],
        width / size[0],
        height / size[1],
    )
    return " ".join([str(index), *(f"{value:.8f}" for value in values)]) + "\n"


def _box(values: Sequence[float], size: Size) -> Box:
    across, down, width, height = values[:4]
    return in_pixels((across - width / 2, down - height / 2, width, height), size)
