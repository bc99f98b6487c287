"""Whether the corners of a VOC dataset count from 0 or from 1, which nothing in its files tells."""

from collections.abc import Iterable, Iterator
from typing import Literal
from xml.etree.ElementTree import Element

Base = Literal[0, 1]
CORNERS = ("xmin", "ymin", "xmax", "ymax")


def guess_base(annotations: Iterable[Element]) -> tuple[Base, str]:
    """The base of a whole dataset, and what speaks for it."""
    reason = "neither a 0 nor a decimal point stands among them"
    for annotation in annotations:
        if (annotation.findtext("owner/name") or "").strip() == "Label Studio":
            return 0, "Label Studio has written them"
        for corner in corners_of(annotation):
            if "." in corner or corner.startswith(("0", "-")):
                return 0, f"one of them is {corner}"
        if _fills_the_width(annotation):
            reason = "a box ends at the full width, and none begins at 0"
    return 1, reason


def corners_of(annotation: Element) -> Iterator[str]:
    """The corners of all boxes as they are written."""
    for bounds in annotation.iterfind("object/bndbox"):
        for corner in CORNERS:
            yield (bounds.findtext(corner) or "").strip()


def _fills_the_width(annotation: Element) -> bool:
    width = (annotation.findtext("size/width") or "").strip()
    ends = annotation.iterfind("object/bndbox/xmax")
    return bool(width) and any((end.text or "").strip() == width for end in ends)
