"""Damaged label files: a clear refusal or a problem with its place, never another error."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from labeller.errors import BadDataset
from labeller.formats.detect import detect_format
from labeller.formats.formats import by_name
from labeller.formats.listing import FolderListing
from labeller.formats.protocol import ReadOptions
from labeller.formats.records import FaceRecord, PhotoRecord, Problem
from labeller.formats.walk import walk
from tests.labeller.formats import round_trip
from tests.labeller.formats.datasets import CLASSES

LABELS = {"csv": "labels.csv", "coco": "annotations/instances_train.json"}
ODD = (
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b"9" * 5000,
    b"-",
    b"NaN",
    b"1e999",
    b'"',
    b"[" * 300,
    b"}",
    b"\\u",
    b",",
    b"'",
)
ODD += (
    b"null",
    b"true",
    b'""',
    b"{}",
    b"\xff\xfe",
    b"\r",
    b"1" * 25,
    b"0",
    b"<!DOCTYPE",
    b"../..",
    b"e99999999999",
)


@pytest.fixture(params=[(name, file) for name in LABELS for file in (LABELS[name], "second_look.json")])
def damaged(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    """A dataset with all there is, and the file of it that is to be damaged."""
    name, file = request.param
    faces = (
        FaceRecord((1, 2, 30, 30), "mask", "confirmed", 0.5, "human", ("blurred",)),
        FaceRecord((31.5, 2, 20, 30), None, "rejected"),
    )
    photos = [
        PhotoRecord(f"{at}.jpg", faces[:at], round_trip.SIZE, person="=p", split="train", sha256="ab" * 32)
        for at in range(3)
    ]
    round_trip.write(tmp_path, name, photos)
    return name, tmp_path / file


def damages(content: bytes, rng: random.Random, count: int) -> Iterator[bytes]:
    """The content cut off, with one bit turned, and with a piece replaced; at random places."""
    for _ in range(count):
        at = rng.randrange(len(content))
        bit = bytes([content[at] ^ 1 << rng.randrange(8)])
        piece = rng.choice(ODD)
        yield content[:at]
        yield content[:at] + bit + content[at + 1 :]
        yield content[:at] + piece + content[at + rng.randrange(3) * len(piece) :]


def check(damaged: tuple[str, Path], count: int) -> None:
    name, file = damaged
    content = file.read_bytes()
    root = file.parent if (file.parent / "second_look.json").exists() else file.parents[1]
    for changed in damages(content, random.Random(7), count):
        file.write_bytes(changed)
        listing = walk(root)
        for one in found_or_refused(name, listing):
            if isinstance(one, PhotoRecord):
                assert one.name in listing.files
                assert all(inside(face) for face in one.faces)
            else:
                assert one.message.isprintable()


def found_or_refused(name: str, listing: FolderListing) -> list[PhotoRecord | Problem]:
    """What is read, or one problem for all."""
    try:
        return list(by_name(name).reader().read(listing, ReadOptions(CLASSES)))
    except BadDataset as error:
        return [Problem("skipped", "", "", error.message)]


def inside(face: FaceRecord) -> bool:
    if face.box is None:
        return True
    left, top, width, height = face.box
    fits = left + width <= round_trip.SIZE[0] and top + height <= round_trip.SIZE[1]
    return left >= 0 and top >= 0 and width > 0 and height > 0 and fits


def test_a_damaged_file_gives_no_other_error(damaged: tuple[str, Path]) -> None:
    check(damaged, 5)


@pytest.mark.slow
@pytest.mark.full_size
def test_no_damage_gives_another_error(damaged: tuple[str, Path]) -> None:
    check(damaged, 500)


def test_a_cut_off_file_is_named_when_its_format_is_looked_for(tmp_path: Path) -> None:
    round_trip.write(
        tmp_path, "coco", [PhotoRecord("1.jpg", (FaceRecord((1, 2, 3, 4), "mask"),), round_trip.SIZE)]
    )
    file = tmp_path / "annotations/instances_default.json"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(BadDataset, match="ends in the middle"):
        detect_format(walk(tmp_path))
