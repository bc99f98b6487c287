"""Folders, read and written."""

from pathlib import Path

import pytest

from labeller.errors import BadDataset
from labeller.formats.folders import MARGIN, FoldersReader
from labeller.formats.names import file_name
from labeller.formats.protocol import ReadOptions
from labeller.formats.records import FaceRecord, PhotoRecord, Problem
from labeller.formats.walk import walk
from tests.labeller.formats import round_trip
from tests.labeller.formats.datasets import CLASSES, boxes, picture, put, read
from trainer.features import input_margin

PLAIN = ReadOptions(CLASSES, crops=False)
SIZE = (64, 48)


def read_folders(root: Path, options: ReadOptions = PLAIN) -> tuple[dict[str, PhotoRecord], list[Problem]]:
    return read(FoldersReader(), root, options)


def labels(root: Path) -> dict[str, tuple[str | None, str | None]]:
    photos, problems = read_folders(root)
    assert problems == []
    return {
        name: (photo.split, photo.faces[0].label if photo.faces else None) for name, photo in photos.items()
    }


def test_the_folder_is_the_class(tmp_path: Path) -> None:
    for name in ("mask/1.jpg", "NoMask/2020/2.png", "unlabelled/3.jpg", "4.jpg"):
        put(tmp_path, name, picture(SIZE))
    assert labels(tmp_path) == {
        "mask/1.jpg": (None, "mask"),
        "NoMask/2020/2.png": (None, "nomask"),
        "unlabelled/3.jpg": (None, None),
        "4.jpg": (None, None),
    }
    photos, _ = read_folders(tmp_path)
    assert {name: photo.looked_at for name, photo in photos.items()} == {
        "mask/1.jpg": True,
        "NoMask/2020/2.png": True,
        "unlabelled/3.jpg": False,
        "4.jpg": False,
    }


def test_splits_stand_above_the_classes_and_a_wrapping_folder_above_all(tmp_path: Path) -> None:
    names = ("train/mask/1.jpg", "Valid/nomask/2.jpg", "test/mask/deep/3.jpg", "train/4.jpg")
    for name in names:
        put(tmp_path, f"dataset/{name}", picture(SIZE))
    assert labels(tmp_path) == {
        "dataset/train/mask/1.jpg": ("train", "mask"),
        "dataset/Valid/nomask/2.jpg": ("validation", "nomask"),
        "dataset/test/mask/deep/3.jpg": ("locked", "mask"),
        "dataset/train/4.jpg": ("train", None),
    }


def test_unknown_folders_are_refused_with_their_list(tmp_path: Path) -> None:
    for name in ("with_mask/1.jpg", "without_mask/2.jpg", "without_mask/3.jpg"):
        put(tmp_path, name, picture(SIZE))
    with pytest.raises(BadDataset, match=r"without_mask \(2\), with_mask \(1\)"):
        read_folders(tmp_path)
    mapped = ReadOptions(CLASSES, {"with_mask": "mask", "without_mask": "nomask"}, crops=False)
    photos, _ = read_folders(tmp_path, mapped)
    assert [photo.faces[0].label for photo in photos.values()] == ["mask", "nomask", "nomask"]


def test_whether_pictures_are_crops_is_said_or_told(tmp_path: Path) -> None:
    put(tmp_path, "mask/1.jpg", picture((120, 60)))
    _, problems = read_folders(tmp_path, ReadOptions(CLASSES))
    assert [one.remark for one in problems] == ["note"]
    photos, problems = read_folders(tmp_path, ReadOptions(CLASSES, crops=True))
    assert boxes(photos["mask/1.jpg"]) == [((10, 5, 100, 50), "mask")]
    assert problems == []
    assert MARGIN == input_margin.MARGIN


def test_a_folder_without_photos_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "mask/1.txt", b"x")
    with pytest.raises(BadDataset, match="no photos"):
        read_folders(tmp_path)


def test_photos_are_written_by_class_split_and_person(tmp_path: Path) -> None:
    mask, bare = FaceRecord((1, 2, 30, 30), "mask"), FaceRecord((31, 2, 30, 30), "nomask")
    photos = [
        PhotoRecord("1.jpg", (mask,), SIZE, person="person 7", split="locked"),
        PhotoRecord("2.jpg", (mask, bare), SIZE),
        PhotoRecord("3.jpg", (), SIZE, looked_at=False),
        PhotoRecord("4.jpg", (FaceRecord((1, 2, 3, 4), None, "rejected"), bare), SIZE, person="../a"),
    ]
    assert round_trip.write(tmp_path, "folders", photos) == [
        "test/mask/person 7/1.jpg",
        "unlabelled/2.jpg",
        "unlabelled/3.jpg",
        "nomask/_.._a/4.jpg",
        "second_look.json",
    ]
    read_again, _ = read_folders(tmp_path)
    assert [round_trip.plain(photo) for photo in read_again.values()] == [
        round_trip.plain(photos[at]) for at in (3, 0, 1, 2)
    ]


def test_crops_are_written_without_rejected_boxes(tmp_path: Path) -> None:
    faces = (
        FaceRecord((1, 2, 30, 30), "mask"),
        FaceRecord((1, 2, 3, 4), None, "rejected"),
        FaceRecord((9, 9, 9, 9), None, "proposed", 0.4),
    )
    written = round_trip.write(
        tmp_path, "folders", [PhotoRecord("a.jpg", faces, SIZE, person="p")], crops=True
    )
    assert written == ["mask/p/a_1.png", "unlabelled/p/a_3.png", "second_look.json"]
    photos, _ = read_folders(tmp_path, ReadOptions(CLASSES, crops=True))
    assert [(one.person, [face.label for face in one.faces]) for one in photos.values()] == [
        ("p", ["mask"]),
        ("p", [None]),
    ]


def test_a_photo_that_was_moved_to_another_class_has_that_class(tmp_path: Path) -> None:
    round_trip.write(tmp_path, "folders", [PhotoRecord("1.jpg", (FaceRecord((1, 2, 30, 30), "mask"),), SIZE)])
    (tmp_path / "nomask").mkdir()
    (tmp_path / "mask/1.jpg").rename(tmp_path / "nomask/1.jpg")
    photos, _ = read_folders(tmp_path)
    assert boxes(photos["nomask/1.jpg"]) == [((1, 2, 30, 30), "nomask")]


@pytest.mark.parametrize(
    ("text", "name"),
    [("mask", "mask"), ("a/b\\c:d", "a_b_c_d"), ("..", "_"), (" . ", "_"), ("", "_"), (".x", "_.x")],
)
def test_a_name_that_no_system_refuses(text: str, name: str) -> None:
    assert file_name(text) == name


def test_a_class_whose_name_no_folder_can_have_comes_back(tmp_path: Path) -> None:
    put(tmp_path, f"{file_name('a/b?')}/1.jpg", picture(SIZE))
    found = list(FoldersReader().read(walk(tmp_path), ReadOptions(("a/b?",), crops=False)))
    assert [face.label for one in found if isinstance(one, PhotoRecord) for face in one.faces] == ["a/b?"]
