"""The columns of a CSV file by the names that tools give them; there is no standard."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from labeller.formats.values import as_text_number

COLUMNS = (
    "file", "width", "height", "left", "top", "box_width", "box_height",
    "label", "state", "score", "person", "split",
)  # fmt: skip
"""Of the files that we write."""
TEXTS = frozenset({"file", "label", "person"})
_ALIASES = {
    "file": ("file", "filename", "file_name", "image", "image_name", "image_path", "path", "photo"),
    "picture_width": ("image_width", "img_width", "picture_width"),
    "picture_height": ("image_height", "img_height", "picture_height"),
    "left": ("left", "x", "xmin", "x_min", "xtl", "x1", "bbox_x", "box_left"),
    "top": ("top", "y", "ymin", "y_min", "ytl", "y1", "bbox_y", "box_top"),
    "right": ("right", "xmax", "x_max", "xbr", "x2"),
    "bottom": ("bottom", "ymax", "y_max", "ybr", "y2"),
    "box_width": ("box_width", "bbox_width", "w", "bw"),
    "box_height": ("box_height", "bbox_height", "h", "bh"),
    "width": ("width",),
    "height": ("height",),
    "label": ("label", "class", "class_name", "category", "name"),
    "state": ("state", "status"),
    "score": ("score", "confidence", "conf", "probability"),
    "person": ("person", "subject"),
    "split": ("split", "set", "subset"),
}  # fmt: skip
_KNOWN = {alias: column for column, aliases in _ALIASES.items() for alias in aliases}
_FORMULA = re.compile(r"^'*[=+\-@\t\r]")
"""What a spreadsheet would run, and what we wrote so that it does not."""
Delimiter = Literal[",", ";", "\t"]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one file: the delimiter, and where each known one stands."""

    delimiter: str
    at: dict[str, int]
    count: int
    names: tuple[str, ...]

    def text(self, row: Sequence[str], column: str) -> str:
        """The cell without spaces around it; empty if there is no such column."""
        at = self.at.get(column)
        cell = row[at].strip() if at is not None else ""
        return without_apostrophe(cell) if column in TEXTS else cell

    def number(self, row: Sequence[str], column: str) -> float | None:
        """The number of a cell; None for an empty one, NaN for one that is no number."""
        text = self.text(row, column)
        if not text:
            return None
        if self.delimiter != "," and text.count(",") == 1 and "." not in text:
            text = text.replace(",", ".")
        return as_text_number(text)


def columns_of(header: str) -> Columns | None:
    """By the first line alone: of the delimiters, the one that gives the most known columns. None without a
    file."""
    best: Columns | None = None
    for delimiter in (",", ";", "\t"):
        names = tuple(next(csv.reader([header], delimiter=delimiter), []))
        found = Columns(delimiter, _places(names), len(names), names)
        if best is None or len(found.at) > len(best.at):
            best = found
    return best if best and "file" in best.at else None


def _places(names: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for at, name in enumerate(names):
        column = _KNOWN.get(re.sub(r"[\s\-]+", "_", name.strip().casefold()))
        if column:
            places.setdefault(column, at)
    return _told_apart(places)


def _told_apart(places: dict[str, int]) -> dict[str, int]:
    """`width` and `height` are the picture's if the box has others, else the box's."""
    boxed = "box_width" in places or "right" in places or "left" not in places
    for side in ("width", "height"):
        if side in places:
            places.setdefault(f"picture_{side}" if boxed else f"box_{side}", places.pop(side))
    return places


def with_apostrophe(text: str) -> str:
    """A text that a spreadsheet shows and does not run."""
    return f"'{text}" if _FORMULA.match(text) else text


def without_apostrophe(text: str) -> str:
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
