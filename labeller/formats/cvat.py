"""CVAT for images 1.1, read photo by photo."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from labeller.errors import BadDataset
from labeller.formats import xml_file
from labeller.formats.checked import checked
from labeller.formats.draft import Draft
from labeller.formats.names import our_split, shown
from labeller.formats.protocol import Listing, ReadOptions
from labeller.formats.records import Box, PhotoRecord, Problem, Size
from labeller.formats.turned import turn
from labeller.formats.values import BadBox, as_size, as_text_number, enclosing

CORNERS = ("xtl", "ytl", "xbr", "ybr")


class CvatReader:
    """Photos in the order of their files. They are matched by name: ids follow how CVAT sorted them."""

    def read(self, listing: Listing, options: ReadOptions) -> Iterator[PhotoRecord | Problem]:
        return checked(_read(listing), listing, options)


def _read(listing: Listing) -> Iterator[PhotoRecord | Problem]:
    is_any = False
    for key in listing.files:
        if key.lower().endswith(".xml"):
            for item in _items(listing, key):
                is_any = True
                yield item
    if not is_any:
        hint = "Export from CVAT as “CVAT for images 1.1”."
        raise BadDataset("no_labels", "There is no XML file of CVAT with images.", hint)


def _items(listing: Listing, key: str) -> Iterator[PhotoRecord | Problem]:
    """The photos of one file; nothing of a file of another kind."""
    split = our_split(key.rpartition("/")[2][: -len(".xml")])
    root: Element | None = None
    for event, element in xml_file.elements(listing.files[key], key):
        if root is None:
            root = element
            if root.tag != "annotations":
                return
        if event == "start":
            continue
        if element.tag == "image":
            yield from _photo(key, split, element)
            root.clear()
        elif element.tag == "track":
            place = f"track {element.get('id', '')}"
            yield Problem("skipped", key, place, "a track belongs to a video, not to one photo")
            root.clear()


def _photo(file: str, split: str | None, image: Element) -> Iterator[PhotoRecord | Problem]:
    name = image.get("name", "")
    place = f"image {image.get('id', name)}"
    draft = Draft(file, name, _size(image), place)
    people = [_shape(draft, shape, f"{place}, {shape.tag} {number}") for number, shape in enumerate(image, 1)]
    split = our_split(image.get("subset")) or split
    yield from draft.finished(split=split, person=draft.one_person(people))


def _shape(draft: Draft, shape: Element, place: str) -> str | None:
    """Takes the shape as a face. The person whom its attributes name."""
    attributes = {one.get("name", ""): (one.text or "").strip() for one in shape.iterfind("attribute")}
    if shape.tag not in ("box", "polygon"):
        draft.remark("skipped", place, f"has a {shown(shape.tag, 20)}, which is not a box; refused")
        return None
    try:
        box = _enclosing_box(draft, shape, place)
    except BadBox as error:
        draft.remark("skipped", place, f"{error}; refused")
        return None
    if attributes.get("rejected", "").lower() in ("true", "1"):
        draft.face(box, place, state="rejected")
    else:
        draft.face(box, place, label=shape.get("label"), confidence=_score(attributes.get("score", "")))
    return attributes.get("person")


def _enclosing_box(draft: Draft, shape: Element, place: str) -> Box:
    if shape.tag == "polygon":
        draft.remark("changed", place, "has a polygon; the box that encloses it was taken")
        pairs = [pair.split(",") for pair in shape.get("points", "").split(";")]
        if any(len(pair) != 2 for pair in pairs):
            raise BadBox("has a polygon whose points are no pairs")
        return enclosing([(as_text_number(x), as_text_number(y)) for x, y in pairs])
    left, top, right, bottom = (as_text_number(shape.get(corner, "")) for corner in CORNERS)
    box = (left, top, right - left, bottom - top)
    angle = as_text_number(shape.get("rotation", "0"))
    if not angle:
        return box
    draft.remark("changed", place, f"has a box turned by {angle:g}°; the box that encloses it was taken")
    return enclosing(turn(box, angle, ((left + right) / 2, (top + bottom) / 2)))


def _size(image: Element) -> Size | None:
    return as_size(as_text_number(image.get("width", "")), as_text_number(image.get("height", "")))


def _score(text: str) -> float | None:
    score = as_text_number(text)
    return score if 0 <= score <= 1 else None
