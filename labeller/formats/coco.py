"""COCO: reading. Ids are only keys; classes go by name; results files (a bare list with scores) are
proposals."""

from collections.abc import Iterator
from typing import Any

from labeller.errors import AmbiguousName, BadDataset
from labeller.formats import json_stream
from labeller.formats.checked import Found, checked
from labeller.formats.coco_annotation import Categories, face_of, key_of, stored
from labeller.formats.listing import SIDECAR
from labeller.formats.names import our_split, shown, split_of_file, suffix
from labeller.formats.protocol import Listing, ReadOptions
from labeller.formats.records import FaceRecord, PhotoRecord, Problem
from labeller.formats.shelf import Shelf
from labeller.formats.values import BadBox, as_size


class CocoReader:
    """All files of the folder that are COCO, each of them a split if its name says so."""

    def read(self, listing: Listing, options: ReadOptions) -> Iterator[Found]:
        return checked(_photos(listing), listing, options)


def is_coco(kind: str, keys: frozenset[str]) -> bool:
    """Whether a JSON file of this shape is a COCO dataset."""
    return kind == "object" and "images" in keys and bool({"annotations", "categories"} & keys)


def is_results(kind: str, keys: frozenset[str]) -> bool:
    """Whether a JSON file of this shape is a list of COCO results."""
    return kind == "list" and {"image_id", "category_id"} <= keys


def _photos(listing: Listing) -> Iterator[Found]:
    datasets, results = [], []
    for name in listing.files:
        if suffix(name) == ".json" and name.rpartition("/")[2] != SIDECAR:
            shape = json_stream.shape(listing.files[name], name)
            if is_coco(*shape):
                datasets.append((name, shape[1]))
            elif is_results(*shape):
                results.append(name)
            else:
                yield Problem("note", shown(name), "", "is no COCO file; passed over")
    if not datasets:
        hint = "Put the file with the images and categories beside the results." if results else ""
        raise BadDataset("no_labels", "There is no COCO file with a list of images.", hint)
    if results and len(datasets) > 1:
        message = f"It cannot be told to which of {len(datasets)} files the results in {results[0]} belong."
        raise BadDataset("which_file", message, "Import one split with its results at a time.")
    for name, lists in datasets:
        with Shelf() as annotations:
            yield from _File(listing, name, annotations).photos(lists, results)


class _File:
    """One dataset: annotations are put on a shelf by image, as they come in any order."""

    def __init__(self, listing: Listing, name: str, annotations: Shelf) -> None:
        self._listing, self._name, self._annotations = listing, name, annotations
        self._split = split_of_file(name)
        self._categories = Categories(name, self._items(name, "categories"))

    def photos(self, lists: frozenset[str], results: list[str]) -> Iterator[Found]:
        """`lists` are the keys of the file, which is read once for each."""
        yield from self._shelve(self._name, "annotations.item", "confirmed")
        if "rejected" in lists:
            yield from self._shelve(self._name, "rejected.item", "rejected")
        for name in results:
            yield from self._shelve(name, "item", "proposed")
        for at, image in enumerate(self._items(self._name, "images"), 1):
            yield from self._photo(image, f"image {at}")
        for key, value in self._annotations.left():
            yield self._skipped(
                value["place"], f"belongs to image {shown(key)}, which the file does not hold"
            )

    def _items(self, name: str, list_name: str) -> Iterator[Any]:
        return json_stream.items(self._listing.files[name], name, f"{list_name}.item")

    def _shelve(self, name: str, prefix: str, state: str) -> Iterator[Problem]:
        for at, value in enumerate(json_stream.items(self._listing.files[name], name, prefix), 1):
            key = key_of(value.get("image_id")) if isinstance(value, dict) else None
            place = "annotation" if prefix != "rejected.item" else "rejected box"
            if key is None:
                yield self._skipped(f"{place} {at}", "belongs to no image")
            else:
                self._annotations.put(key, stored(value, state, f"{place} {at}"))

    def _photo(self, image: Any, place: str) -> Iterator[Found]:
        name = image.get("file_name") if isinstance(image, dict) else None
        key = key_of(image.get("id")) if isinstance(image, dict) else None
        if key is None or not isinstance(name, str):
            yield self._skipped(place, "has no id or no file_name")
            return
        values = self._annotations.take(key)
        if values is None:
            text = f"“{shown(name)}” has the id of an image before it, so that its boxes cannot be told apart"
            yield Problem("conflict", self._name, place, text)
            return
        stated = image.get("width"), image.get("height")
        if stated != (None, None) and not as_size(*stated):
            text = f"“{shown(name)}” cannot have the size that the file states; the picture's own counts"
            yield Problem("changed", self._name, place, text)
        people = {value["person"] for value in values if value.get("person")}
        faces: list[FaceRecord] = []
        for value in values:
            yield from self._face(value, faces)
        yield PhotoRecord(
            self._key(name),
            tuple(faces),
            as_size(*stated),
            looked_at=len(faces) == len(values),
            person=people.pop() if len(people) == 1 else None,
            split=our_split(self._split),
            file=self._name,
            place=place,
        )

    def _face(self, value: dict[str, Any], faces: list[FaceRecord]) -> Iterator[Problem]:
        try:
            face, from_polygon = face_of(value, self._categories)
        except BadBox as error:
            yield self._skipped(value["place"], str(error))
            return
        faces.append(face)
        if from_polygon:
            yield Problem("changed", self._name, face.place, "has its box from a polygon")

    def _key(self, name: str) -> str:
        """The name, with the split's folder before it if it is not unique without."""
        try:
            self._listing.find_picture(name)
        except AmbiguousName:
            return f"{self._split}/{name}" if self._split else name
        return name

    def _skipped(self, place: str, message: str) -> Problem:
        return Problem("skipped", self._name, place, message)
