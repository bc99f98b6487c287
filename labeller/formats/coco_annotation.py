"""One annotation of a COCO file."""

from collections.abc import Iterable
from typing import Any

from labeller.formats.names import shown
from labeller.formats.records import Box, FaceRecord
from labeller.formats.text import bad_file
from labeller.formats.values import BadBox, as_box, as_number, enclosing


class Categories:
    """The names of a file's categories by id. Raises BadDataset for two names with one id."""

    def __init__(self, file: str, values: Iterable[Any]) -> None:
        self._names: dict[str, str] = {}
        for at, value in enumerate(values, 1):
            key = key_of(value.get("id")) if isinstance(value, dict) else None
            name = value.get("name") if isinstance(value, dict) else None
            if key is None or not isinstance(name, str):
                raise bad_file(file, f"has no id or no name for category {at}")
            if self._names.setdefault(key, name) != name:
                raise bad_file(file, f"gives category {shown(key)} two names")

    def name_of(self, key: str | None) -> str:
        """Raises BadBox for an id that the file does not define."""
        if key is None or key not in self._names:
            raise BadBox(f"has category {shown(key or '(none)')}, which the file does not define; left out")
        return self._names[key]


def key_of(value: object) -> str | None:
    """An id as text: numbers of any length and names alike; None for what is none."""
    if isinstance(value, str):
        return value
    number = as_number(value)
    if number != number:
        return None
    return str(int(value)) if number == number // 1 else str(value)  # type: ignore[call-overload]


def stored(value: dict[str, Any], state: str, place: str) -> dict[str, Any]:
    """What is kept of an annotation until its image comes: little, and nothing but JSON."""
    attributes = value.get("attributes")
    attributes = attributes if isinstance(attributes, dict) else {}
    key = key_of(value.get("id"))
    named = f"{place} (id {key})" if key and len(key) < 20 else place
    kept: dict[str, Any] = {"place": named, "state": state, "category": key_of(value.get("category_id"))}
    try:
        kept["box"], kept["polygon"] = _box(value)
    except BadBox as error:
        kept["error"] = str(error)
    if value.get("iscrowd"):
        kept["error"] = "is a crowd and not one face; left out"
    confidence = as_number(value.get("score"))
    if 0 <= confidence <= 1:
        kept["confidence"] = confidence
    for name in ("person", "source"):
        if isinstance(attributes.get(name), str):
            kept[name] = attributes[name]
    return kept


def face_of(kept: dict[str, Any], categories: Categories) -> tuple[FaceRecord, bool]:
    """The face of an annotation, and whether its box comes from a polygon. Raises BadBox."""
    if "error" in kept:
        raise BadBox(kept["error"])
    rejected = kept["state"] == "rejected"
    label = None if rejected else categories.name_of(kept["category"])
    left, top, width, height = kept["box"]
    face = FaceRecord(
        (left, top, width, height),
        label,
        kept["state"],
        kept.get("confidence"),
        kept.get("source"),
        place=kept["place"],
    )
    return face, kept["polygon"]


def _box(value: dict[str, Any]) -> tuple[Box, bool]:
    """The box, or that around the polygons. Raises BadBox."""
    if value.get("bbox"):
        return as_box(value["bbox"]), False
    polygons = value.get("segmentation")
    if not isinstance(polygons, list):
        raise BadBox("has no box; left out")
    flat = [as_number(side) for polygon in polygons if isinstance(polygon, list) for side in polygon]
    if len(flat) < 4:
        raise BadBox("has no box; left out")
    return enclosing(list(zip(flat[::2], flat[1::2], strict=False))), True
