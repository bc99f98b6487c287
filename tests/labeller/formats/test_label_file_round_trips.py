"""What is written as YOLO, VOC, Label Studio, CVAT and WIDER FACE is read again as it was."""

import random
from dataclasses import replace
from math import ceil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from labeller.formats.formats import by_name
from labeller.formats.listing import SIDECAR
from labeller.formats.records import FaceRecord, PhotoRecord
from tests.labeller.formats.datasets import CLASSES, read
from tests.labeller.formats.round_trip import SIZE, datasets, plain, write, written_and_read

NAMES = ("yolo", "voc", "labelstudio", "cvat", "widerface")
WHOLE_PIXELS = ("voc", "widerface")
ALWAYS_SPLIT = ("yolo", "voc", "widerface")
"""Without a split a photo is written to the training set, as their trainers know nothing else."""
PHOTO = PhotoRecord(
    "é & <b>.jpg",
    (
        FaceRecord((0, 0, *SIZE), "mask", "confirmed", 0.75),
        FaceRecord((10, 12, 20, 22), "nomask"),
        FaceRecord((30, 2, 10, 12), None, "rejected"),
        FaceRecord((41, 20, 10, 12), None, "proposed", 0.5),
    ),
    SIZE,
    person="Ann & Bo",
    split="validation",
)
EMPTY = PhotoRecord("empty.jpg", (), SIZE, split="train")
UNSEEN = PhotoRecord("unseen.jpg", (), SIZE, looked_at=False, split="train")


def check(name: str, photos: list[PhotoRecord]) -> None:
    photos = [_writable(name, photo) for photo in photos]

    found, problems = written_and_read(name, photos)

    assert [one for one in problems if one.remark != "note"] == []
    assert [*map(_rounded, found)] == sorted(
        (_rounded(plain(one)) for one in photos), key=lambda one: one.name
    )


def _writable(name: str, photo: PhotoRecord) -> PhotoRecord:
    faces = photo.faces
    if name in WHOLE_PIXELS:
        faces = tuple(replace(face, box=tuple(map(ceil, face.box or ()))) for face in faces)
    return replace(photo, faces=faces, split=photo.split or ("train" if name in ALWAYS_SPLIT else None))


def _rounded(photo: PhotoRecord) -> PhotoRecord:
    faces = (
        replace(face, box=tuple(round(side, 4) + 0.0 for side in face.box or ())) for face in photo.faces
    )
    return replace(photo, faces=tuple(sorted(faces, key=repr)))


@pytest.mark.parametrize("name", NAMES)
@given(photos=datasets().filter(lambda photos: any(photo.looked_at for photo in photos)))
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
def test_with_the_sidecar_nothing_is_lost(name: str, photos: list[PhotoRecord]) -> None:
    check(name, photos)


@pytest.mark.slow
@pytest.mark.full_size
@pytest.mark.parametrize("name", NAMES)
@given(photos=datasets().filter(lambda photos: any(photo.looked_at for photo in photos)))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_with_the_sidecar_nothing_of_many_is_lost(name: str, photos: list[PhotoRecord]) -> None:
    check(name, photos)


def many(name: str) -> list[PhotoRecord]:
    """250 photos with 600 boxes of all classes, on average two of five of them not confirmed."""
    rng = random.Random(name)
    faces: list[list[FaceRecord]] = [[] for _ in range(250)]
    for number in range(600):
        left, top = 6 * (number // 250), rng.randrange(30)
        box = (left, top, rng.randint(1, SIZE[0] - left), rng.randint(1, SIZE[1] - top))
        state = ("confirmed", "confirmed", "confirmed", "rejected", "proposed")[rng.randrange(5)]
        label = rng.choice(CLASSES) if state == "confirmed" else None
        faces[number % 250].append(FaceRecord(box, label, state))  # type: ignore[arg-type]
    splits = ("train", "validation", "locked")
    return [
        PhotoRecord(f"{at}.jpg", tuple(found), SIZE, person=f"person {at % 7}", split=splits[at % 3])
        for at, found in enumerate(faces)
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_250_photos_with_600_boxes_come_back(name: str) -> None:
    check(name, many(name))


def without_sidecar(name: str, folder: Path) -> dict[str, PhotoRecord]:
    """What the format itself holds of the three photos, by their names without folders."""
    write(folder, name, [PHOTO, EMPTY, UNSEEN])
    (folder / SIDECAR).unlink()
    photos, problems = read(by_name(name).reader(), folder)
    assert [one for one in problems if one.remark != "note"] == []
    return {one.name.rpartition("/")[2]: one for one in photos.values()}


@pytest.mark.parametrize("name", NAMES)
def test_without_the_sidecar_that_is_there_which_the_format_carries(name: str, tmp_path: Path) -> None:
    photos = without_sidecar(name, tmp_path)

    found = photos[PHOTO.name]
    confirmed = [face for face in found.faces if face.state == "confirmed"]
    assert [face.box for face in confirmed] == [face.box for face in PHOTO.faces[:2]]
    labels = [None, None] if name == "widerface" else ["mask", "nomask"]
    assert [face.label for face in confirmed] == labels
    assert found.split == "validation"
    assert found.person == (PHOTO.person if name in ("voc", "labelstudio", "cvat") else None)
    states = {face.state for face in found.faces}
    assert ("rejected" in states) == (name in ("labelstudio", "widerface"))
    assert ("proposed" in states) == (name == "labelstudio")


@pytest.mark.parametrize("name", NAMES)
def test_a_photo_without_a_face_stays_one(name: str, tmp_path: Path) -> None:
    photos = without_sidecar(name, tmp_path)

    assert photos["empty.jpg"].looked_at
    assert photos["empty.jpg"].faces == ()
    if name not in ("cvat", "widerface"):
        assert not photos["unseen.jpg"].looked_at
