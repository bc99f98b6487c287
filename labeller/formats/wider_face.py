"""WIDER FACE, read: a text file a split, in the published order and in datumaro's dialect."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from math import isnan

from db.texts import number_of
from labeller.errors import BadDataset
from labeller.formats.checked import checked
from labeller.formats.draft import Draft
from labeller.formats.lines import lines
from labeller.formats.names import is_picture, our_split
from labeller.formats.protocol import Listing, ReadOptions
from labeller.formats.records import PhotoRecord, Problem
from labeller.formats.values import as_text_number

FILE = re.compile(r"wider_face_([^/]+)_bbx_gt\.txt$", re.IGNORECASE)
COUNT = re.compile(r"[0-9]{1,9}")
INVALID, INVALID_BEFORE_CLASS = 7, 9
"""Column of the flag: x y w h blur expression illumination invalid occlusion pose. datumaro has it last."""


@dataclass(slots=True)
class _Block:
    """A photo's lines: its path, how many faces are announced, and what follows by line number."""

    place: int
    path: str
    count: int = 0
    rows: list[tuple[int, str]] = field(default_factory=list)


class WiderFaceReader:
    """Photos in the order of their files; a class only where datumaro has added it."""

    def read(self, listing: Listing, options: ReadOptions) -> Iterator[PhotoRecord | Problem]:
        return checked(_read(listing), listing, options)


def _read(listing: Listing) -> Iterator[PhotoRecord | Problem]:
    files = {key: found[1] for key in listing.files if (found := FILE.search(key))}
    if not files:
        hint = "It is called wider_face_train_bbx_gt.txt, or val in place of train."
        raise BadDataset("no_labels", "There is no label file of WIDER FACE.", hint)
    for key, word in files.items():
        for block in _blocks(lines(listing.files[key], key)):
            yield from _photo(key, our_split(word), block)


def _blocks(numbered: Iterable[tuple[int, str]]) -> Iterator[_Block]:
    """The photos of one file. Lines before the first path belong to one without a name."""
    block = _Block(0, "")
    is_after_path = False
    for number, line in numbered:
        if _is_path(line):
            yield block
            block = _Block(number, line)
        elif is_after_path and COUNT.fullmatch(line):
            block.count = int(line)
        else:
            block.rows.append((number, line))
        is_after_path = _is_path(line)
    yield block


def _photo(file: str, split: str | None, block: _Block) -> Iterator[PhotoRecord | Problem]:
    draft = Draft(file, block.path, None, f"line {block.place}")
    rows = block.rows
    if block.count == 0 and len(rows) == 1 and not rows[0][1].strip("0 "):
        rows = []  # the published files follow a count of 0 with one line of zeros
    announced = number_of(block.count, "face")
    for number, line in rows[: block.count]:
        _face(draft, line.split(), f"line {number}")
    for number, _ in rows[block.count :]:
        draft.remark("skipped", f"line {number}", f"has a line beyond its {announced}; refused")
    if len(rows) < block.count:
        draft.remark("skipped", draft.place, f"has {announced} announced, of which {len(rows)} are there")
    yield from draft.finished(split=split) if block.path else draft.problems


def _face(draft: Draft, columns: list[str], place: str) -> None:
    numbers = [as_text_number(column) for column in columns[:4]]
    if len(numbers) < 4:
        draft.remark("skipped", place, "has a line of less than four numbers; refused")
        return
    left, top, width, height = numbers
    label = None if len(columns) == 4 or _is_number(columns[-1]) else columns[-1]
    flag = INVALID if label is None else INVALID_BEFORE_CLASS
    if columns[flag : flag + 1] == ["1"]:
        draft.face((left, top, width, height), place, state="rejected")
    else:
        draft.face((left, top, width, height), place, label=label)


def _is_path(line: str) -> bool:
    return is_picture(line) or not _is_number(line.split()[0])


def _is_number(word: str) -> bool:
    return not isnan(as_text_number(word))
