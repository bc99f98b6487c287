"""The regions of an annotation or a prediction of Label Studio: in percent, turned about a corner."""

from collections.abc import Mapping, Sequence
from typing import Any

from labeller.formats.draft import Draft
from labeller.formats.names import shown
from labeller.formats.records import Size, State
from labeller.formats.turned import turn
from labeller.formats.values import as_number, as_size, enclosing, in_pixels

Json = Mapping[str, Any]
RECTANGLES = ("rectanglelabels", "rectangle")
LABELS = "labels"
"""The type of a region that gives a rectangle with the same id its class."""


def stated_size(results: Sequence[Json]) -> Size | None:
    """Width and height of the photo, as the first region that has them says."""
    for result in results:
        if size := as_size(result.get("original_width"), result.get("original_height")):
            return size
    return None


class Regions:
    """Takes rectangles as faces of a photo of this size (None if nothing tells it); names everything else."""

    def __init__(self, draft: Draft, size: Size | None) -> None:
        self._draft, self._size = draft, size

    def take(self, results: Sequence[Json], where: str, score: Any, state: State) -> None:
        """`where` begins the place of each region; `score` of the whole counts where none has its own."""
        score = None if any("score" in one for one in results) else score
        classes = {str(one.get("id")): _names(one) for one in results if one.get("type") == LABELS}
        for number, result in enumerate(results, 1):
            if result.get("type") != LABELS:
                place = f"{where}, region {shown(str(result.get('id', number)), 40)}"
                names = _names(result) or classes.get(str(result.get("id")), [])
                reason = self._why_not(result, names)
                if reason:
                    self._draft.remark("skipped", place, f"{reason}; refused")
                else:
                    own = as_number(result.get("score", score))
                    self._rectangle(result, place, names[0] if names else None, own, state)

    def _why_not(self, result: Json, names: list[str]) -> str | None:
        kind = result.get("type", "rectangle" if "width" in result else "region")
        if kind not in RECTANGLES:
            return f"has a region of the type {shown(str(kind), 40)}, which is not a box"
        if result.get("image_rotation") not in (None, 0):
            return f"was turned by {shown(str(result['image_rotation']), 10)}° in the editor"
        if len(names) > 1:
            return f"has one box of several classes ({shown(', '.join(names))})"
        return "has a box, but no size" if self._size is None else None

    def _rectangle(self, result: Json, place: str, label: str | None, score: float, state: State) -> None:
        value = result.get("value", result)
        values = value if isinstance(value, Mapping) else {}
        sides = (as_number(values.get(side)) / 100 for side in ("x", "y", "width", "height"))
        left, top, width, height = sides
        box = in_pixels((left, top, width, height), self._size or (0, 0))
        angle = as_number(values.get("rotation") or 0)
        if angle:
            text = f"has a box turned by {angle:g}°; the box that encloses it was taken"
            self._draft.remark("changed", place, text)
            box = enclosing(turn(box, angle, box[:2]))  # a pixel is as wide as high, a percent is not
        confidence = score if 0 <= score <= 1 else None
        self._draft.face(box, place, label=label, state=state, confidence=confidence)


def _names(result: Json) -> list[str]:
    value = result.get("value", result)
    if not isinstance(value, Mapping):
        return []
    names = value.get("rectanglelabels") or value.get(LABELS)
    return [str(name) for name in names] if isinstance(names, list) else []
