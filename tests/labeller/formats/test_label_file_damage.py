"""Damaged label files: refused whole, or read as far as they are sound; never an error of the program."""

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from labeller.errors import BadDataset
from labeller.formats.formats import by_name
from labeller.formats.protocol import ReadOptions
from labeller.formats.records import PhotoRecord
from labeller.formats.walk import walk
from tests.labeller.formats.datasets import CLASSES, SCENES
from tests.labeller.formats.foreign import prepare

FORMAT_OF = {
    "odd/11-yolo-class-range": "yolo",
    "odd/05-one-based": "voc",
    "odd/23-video-and-cancelled.ls.json": "labelstudio",
    "odd/29-cvat-full.xml": "cvat",
    "odd/28-wider": "widerface",
}
LARGER = {
    "datumaro-yolo": "yolo",
    "datumaro-yolo-ultralytics": "yolo",
    "labelstudio-yolo": "yolo",
    "datumaro-voc": "voc",
    "labelstudio-voc": "voc",
    "labelstudio-json": "labelstudio",
    "labelstudio-json-min": "labelstudio",
    "datumaro-cvat": "cvat",
    "datumaro-widerface": "widerface",
}
TOKENS = (
    *(b"", b"\x00", b"\xff", b"NaN", b"1e999", b"-1", b'"', b"<", b"&x;", b"[", b"{}", b"null", b"\r"),
    *(b"9" * 500, b"\xf0\x9f\x98\x80"),
)


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Cut off, or with some places overwritten by what does not belong there."""
    if not content or rng.random() < 0.3:
        return content[: rng.randint(0, len(content))]
    for _ in range(rng.randint(1, 4)):
        start = rng.randint(0, len(content))
        content = content[:start] + rng.choice(TOKENS) + content[start + rng.randint(0, 12) :]
    return content


def check(sample: str, name: str, folder: Path, rounds: int) -> None:
    prepare(sample, folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in SCENES)
    rng = random.Random(sample)
    for _ in range(rounds):
        victim = rng.choice(files)
        sound = victim.read_bytes()
        victim.write_bytes(damaged(sound, rng))
        for photo in read_as_far_as_sound(name, folder):
            assert photo.size
            for face in photo.faces:
                assert face.box
                left, top, width, height = face.box
                assert 0 <= left < left + width <= photo.size[0] + 1e-9
                assert 0 <= top < top + height <= photo.size[1] + 1e-9
                assert face.label in (None, *CLASSES)
        victim.write_bytes(sound)


def read_as_far_as_sound(name: str, folder: Path) -> Iterator[PhotoRecord]:
    with suppress(BadDataset):
        for one in by_name(name).reader().read(walk(folder), ReadOptions(CLASSES)):
            if isinstance(one, PhotoRecord):
                yield one


@pytest.mark.parametrize(("sample", "name"), FORMAT_OF.items())
def test_a_damaged_file_is_refused_or_read(sample: str, name: str, tmp_path: Path) -> None:
    check(sample, name, tmp_path, rounds=15)


@pytest.mark.slow
@pytest.mark.full_size
@pytest.mark.parametrize(("sample", "name"), (FORMAT_OF | LARGER).items())
def test_hundreds_of_damaged_files_are_refused_or_read(sample: str, name: str, tmp_path: Path) -> None:
    check(sample, name, tmp_path, rounds=200)


@pytest.mark.parametrize("name", sorted(set(FORMAT_OF.values())))
@pytest.mark.parametrize("sample", ["odd/18-empty.xml", "odd/18-empty.ls.json", "odd/09-external-entity.voc"])
def test_what_is_empty_or_of_another_kind_is_refused_in_words(name: str, sample: str, tmp_path: Path) -> None:
    with pytest.raises(BadDataset) as refusal:
        list(by_name(name).reader().read(walk(prepare(sample, tmp_path)), ReadOptions(CLASSES)))

    assert refusal.value.message
