"""Pascal VOC, read: an XML file a photo."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from labeller.errors import AmbiguousName, BadDataset
from labeller.formats import xml_file
from labeller.formats.beside import Pictures, unlabelled_photos
from labeller.formats.checked import checked
from labeller.formats.draft import Draft
from labeller.formats.names import shown
from labeller.formats.protocol import Listing, ReadOptions
from labeller.formats.records import PhotoRecord, Problem, Size
from labeller.formats.values import as_size, as_text_number
from labeller.formats.voc_base import CORNERS, Base, guess_base
from labeller.formats.voc_splits import Splits


class VocReader:
    """Photos in the order of their XML files, then the pictures without one.

    Every file is parsed twice, since one corner of the last may tell how to read the first.
    """

    def read(self, listing: Listing, options: ReadOptions) -> Iterator[PhotoRecord | Problem]:
        return checked(_read(listing, options), listing, options)


def _read(listing: Listing, options: ReadOptions) -> Iterator[PhotoRecord | Problem]:
    files = [key for key in listing.files if key.lower().endswith(".xml")]
    base, note = _base(listing, files, options)
    yield note
    reading = _Reading(base, Splits(listing), Pictures(listing))
    for key in files:
        try:
            annotation = xml_file.root(listing.files[key], key)
        except BadDataset as error:
            yield Problem("skipped", key, "", error.message)
            continue
        if annotation.tag == "annotation":
            yield from reading.photo(key, annotation)
    yield from unlabelled_photos(reading.pictures, options, reading.splits.of)


def _base(listing: Listing, files: Sequence[str], options: ReadOptions) -> tuple[Base, Problem]:
    """How to read corners. Raises BadDataset if no file is an annotation, with the first reason."""
    guess, why = guess_base(_annotations(listing, files))
    if options.voc_base is not None:
        guess, why = options.voc_base, "as you said"
    return guess, Problem("note", "", "", f"corners were read as counting from {guess}: {why}")


def _annotations(listing: Listing, files: Sequence[str]) -> Iterator[Element]:
    reason, is_any = "", False
    for key in files:
        try:
            annotation = xml_file.root(listing.files[key], key)
        except BadDataset as error:
            reason = reason or error.message
            continue
        if annotation.tag == "annotation":
            is_any = True
            yield annotation
    if not is_any:
        raise BadDataset("no_labels", reason or "There is no XML file of Pascal VOC.")


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is known of the dataset while its files are read."""

    base: Base
    splits: Splits
    pictures: Pictures

    def photo(self, file: str, annotation: Element) -> Iterator[PhotoRecord | Problem]:
        stem = file[: -len(".xml")]
        name = (annotation.findtext("filename") or "").strip()
        try:
            picture = self._picture(file.rpartition("/")[0], name) or self.pictures.find(stem)
        except AmbiguousName as error:
            yield Problem("conflict", file, "filename", error.message)
            return
        if picture is not None and (earlier := self.pictures.claim(picture, file)):
            yield Problem(
                "conflict",
                file,
                "filename",
                f"{shown(earlier)} is about the same picture; only that was read",
            )
            return
        draft = Draft(file, picture or name or stem, _size(annotation))
        people = [
            _object(draft, thing, f"object {number}", self.base)
            for number, thing in enumerate(annotation.iterfind("object"), 1)
        ]
        yield from draft.finished(split=self.splits.of(stem), person=draft.one_person(people))

    def _picture(self, folder: str, name: str) -> str | None:
        """The picture of this name, of several that which lies as the XML file does."""
        return self.pictures.find(f"{folder}/{name}" if folder else name) if name else None


def _object(draft: Draft, thing: Element, place: str, base: Base) -> str | None:
    """Takes the object as a face. The person whom its attributes name."""
    corners = (as_text_number(thing.findtext(f"bndbox/{corner}", "").strip()) for corner in CORNERS)
    left, top, right, bottom = corners
    box = (left - base, top - base, right - left + base, bottom - top + base)
    draft.face(box, place, label=(thing.findtext("name") or "").strip() or None)
    attributes = {
        one.findtext("name"): one.findtext("value") for one in thing.iterfind("attributes/attribute")
    }
    return attributes.get("person")


def _size(annotation: Element) -> Size | None:
    width, height = (annotation.findtext(f"size/{side}", "").strip() for side in ("width", "height"))
    return as_size(as_text_number(width), as_text_number(height))
