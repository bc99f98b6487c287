"""One row of a CSV file."""

from collections.abc import Sequence
from typing import TypedDict

from labeller.formats.csv_columns import Columns
from labeller.formats.records import Box

EMPTY, NOT_LOOKED_AT = "empty", "unlabelled"
"""States of a row without a box: there is no face on the photo, or nobody has looked."""
FACE_STATES = frozenset({"proposed", "confirmed", "rejected"})
STATES = FACE_STATES | {EMPTY, NOT_LOOKED_AT}


class Row(TypedDict):
    """What is kept of a row; what JSON can carry. Empty cells are None."""

    place: str
    box: Box | None
    width: float | None
    height: float | None
    label: str | None
    state: str
    score: float | None
    person: str | None
    split: str | None


def row_of(columns: Columns, cells: Sequence[str], place: str) -> Row:
    """The row's values, its box unchecked. Raises ValueError with the reason for one without sense."""
    if not columns.text(cells, "file"):
        raise ValueError("names no file")
    box = _box(columns, cells)
    label = columns.text(cells, "label") or None
    state = columns.text(cells, "state").casefold() or ("confirmed" if label else "proposed")
    if state not in STATES:
        raise ValueError(f"has a state that is none of {', '.join(sorted(STATES))}")
    if box and state in {EMPTY, NOT_LOOKED_AT}:
        raise ValueError(f"has a box although it is {state}")
    score = columns.number(cells, "score")
    return Row(
        place=place,
        box=box,
        width=columns.number(cells, "picture_width"),
        height=columns.number(cells, "picture_height"),
        label=label,
        state=state,
        score=score if score is not None and 0 <= score <= 1 else None,
        person=columns.text(cells, "person") or None,
        split=columns.text(cells, "split") or None,
    )


def _box(columns: Columns, cells: Sequence[str]) -> Box | None:
    """Left, top, width, height, by sides or by edges; None if all four are empty. Raises ValueError for
    some."""
    left, top = columns.number(cells, "left"), columns.number(cells, "top")
    width, height = columns.number(cells, "box_width"), columns.number(cells, "box_height")
    right, bottom = columns.number(cells, "right"), columns.number(cells, "bottom")
    if width is None and right is not None and left is not None:
        width = right - left
    if height is None and bottom is not None and top is not None:
        height = bottom - top
    if left is None and top is None and width is None and height is None:
        return None
    if left is None or top is None or width is None or height is None:
        raise ValueError("has a box with a number missing")
    return left, top, width, height
