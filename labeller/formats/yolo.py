"""YOLO, read: a text file a photo, in the layouts of Ultralytics, Darknet and Label Studio."""

from collections.abc import Iterator
from dataclasses import dataclass

from labeller.errors import AmbiguousName, BadDataset
from labeller.formats.beside import Pictures, unlabelled_photos
from labeller.formats.checked import checked
from labeller.formats.draft import Draft
from labeller.formats.lines import lines
from labeller.formats.names import shown
from labeller.formats.protocol import Listing, ReadOptions
from labeller.formats.records import PhotoRecord, Problem
from labeller.formats.yolo_layout import Names, class_names, find_yaml
from labeller.formats.yolo_lines import parse_line
from labeller.formats.yolo_splits import Splits

NOT_LABELS = frozenset({"classes.txt", "train.txt", "val.txt", "valid.txt", "test.txt"})


class YoloReader:
    """Photos in the order of their label files, then the pictures without one."""

    def read(self, listing: Listing, options: ReadOptions) -> Iterator[PhotoRecord | Problem]:
        return checked(_read(listing, options), listing, options)


def _read(listing: Listing, options: ReadOptions) -> Iterator[PhotoRecord | Problem]:
    yaml_file, content = find_yaml(listing)
    source, names = class_names(listing, yaml_file, content)
    yield Problem("note", source, "", f"names the classes: {_in_words(names)}")
    splits = Splits(listing, yaml_file, content)
    files = _label_files(listing, splits.lists)
    if not files:
        hint = "A label file is called as its picture, with .txt at the end."
        raise BadDataset("no_labels", "There is no label file of YOLO.", hint)
    reading = _Reading(listing, options, names, splits, Pictures(listing))
    for key in files:
        yield from reading.label_file(key)
    yield from unlabelled_photos(reading.pictures, options, splits.of)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What is known of the dataset while its label files are read."""

    listing: Listing
    options: ReadOptions
    names: Names
    splits: Splits
    pictures: Pictures

    def label_file(self, key: str) -> Iterator[PhotoRecord | Problem]:
        try:
            picture = self.pictures.find(_picture_name(key))
        except AmbiguousName as error:
            yield Problem("conflict", key, "", error.message)
            return
        if picture is None:
            yield Problem("skipped", key, "", "no picture of this name is there")
        elif earlier := self.pictures.claim(picture, key):
            yield Problem(
                "conflict", key, "", f"{shown(earlier)} is about the same picture; only that was read"
            )
        elif (size := self.listing.upright_size(picture)) is None:
            yield Problem("skipped", key, "", f"the size of its picture {shown(picture)} cannot be read")
        else:
            yield from self._photo(Draft(key, picture, size))

    def _photo(self, draft: Draft) -> Iterator[PhotoRecord | Problem]:
        try:
            for number, line in lines(self.listing.files[draft.file], draft.file):
                self._face(draft, line.split(), f"line {number}")
        except BadDataset as error:
            yield Problem("skipped", draft.file, "", error.message)
            return
        yield from draft.finished(split=self.splits.of(draft.name))

    def _face(self, draft: Draft, columns: list[str], place: str) -> None:
        assert draft.size is not None
        try:
            line = parse_line(columns, draft.size)
            label = self.names[line.index]
        except ValueError as error:
            draft.remark("skipped", place, f"{error}; refused")
            return
        except KeyError:
            draft.remark(
                "skipped", place, f"has a class {columns[0]}, only {len(self.names)} are named; refused"
            )
            return
        if line.shape:
            draft.remark("changed", place, f"has a {line.shape}; the box that encloses it was taken")
        state = "confirmed" if line.confidence is None else "proposed"
        draft.face(line.box, place, label=label, state=state, confidence=line.confidence)


def _label_files(listing: Listing, lists: set[str]) -> list[str]:
    """The text files under `labels/`; where there is no such folder, those that are no lists."""
    files = [key for key in listing.files if key.lower().endswith(".txt") and key not in lists]
    inside = [key for key in files if "labels" in key.split("/")[:-1]]
    return inside or [key for key in files if key.rpartition("/")[2].lower() not in NOT_LABELS]


def _picture_name(label_file: str) -> str:
    """The path of its picture, without a suffix: under `images/` what is under the last `labels/`."""
    parts = label_file[: -len(".txt")].split("/")
    for at in range(len(parts) - 2, -1, -1):
        if parts[at] == "labels":
            parts[at] = "images"
            break
    return "/".join(parts)


def _in_words(names: Names) -> str:
    return shown(", ".join(f"{index} {name}" for index, name in sorted(names.items())))
