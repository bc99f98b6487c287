"""What a format cannot carry, beside it."""

import json
from pathlib import Path
from typing import Any

import pytest

from labeller.errors import BadDataset
from labeller.formats.coco import CocoReader
from labeller.formats.records import FaceRecord, PhotoRecord
from tests.labeller.formats import round_trip
from tests.labeller.formats.datasets import put, read

CONFIRMED = FaceRecord((1, 2, 30, 30), "mask", "confirmed", 0.5, "human", ("blurred",))
REJECTED = FaceRecord((40, 2, 20, 20), None, "rejected", 0.3, "centerface")
PROPOSED = FaceRecord((5, 30, 10, 10), None, "proposed", 0.2, "mtcnn")
PHOTO = PhotoRecord(
    "1.jpg", (CONFIRMED, REJECTED, PROPOSED), (64, 48), True, "person 7", "train", "ab" * 32, ("outdoors",)
)
FILE = "annotations/instances_train.json"


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    round_trip.write(tmp_path, "coco", [PHOTO])
    return tmp_path


def change(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def photo(root: Path) -> PhotoRecord:
    photos, problems = read(CocoReader(), root)
    assert problems == []
    (one,) = photos.values()
    return round_trip.plain(one)


def test_all_comes_back(dataset: Path) -> None:
    assert photo(dataset) == round_trip.plain(PHOTO)


def test_without_it_the_rest_is_a_dataset(dataset: Path) -> None:
    (dataset / "second_look.json").unlink()
    one = photo(dataset)
    assert {(face.label, face.state) for face in one.faces} == {("mask", "confirmed"), (None, "rejected")}
    assert (one.person, one.split, one.sha256, one.tags) == ("person 7", "train", None, ())


def test_it_may_lie_in_a_folder_of_the_dataset(dataset: Path) -> None:
    inner = dataset / "unpacked"
    inner.mkdir()
    for path in list(dataset.iterdir()):
        if path != inner:
            path.rename(inner / path.name)
    assert photo(dataset) == round_trip.plain(PHOTO)


def test_a_box_that_was_deleted_in_the_format_stays_deleted(dataset: Path) -> None:
    change(dataset / FILE, annotations=[])
    assert {face.state for face in photo(dataset).faces} == {"rejected", "proposed"}


def test_a_label_that_was_changed_in_the_format_counts(dataset: Path) -> None:
    labels = json.loads((dataset / FILE).read_text())
    labels["annotations"][0] |= {"category_id": 2, "bbox": [2, 3, 29, 29]}
    change(dataset / FILE, annotations=labels["annotations"])
    (face,) = (face for face in photo(dataset).faces if face.state == "confirmed")
    assert (face.label, face.box, face.source, face.tags) == ("nomask", (2, 3, 29, 29), "human", ("blurred",))


def test_a_box_that_is_confirmed_in_the_format_is_rejected_no_longer(dataset: Path) -> None:
    labels = json.loads((dataset / FILE).read_text())
    accepted = labels["rejected"][0] | {"category_id": 1}
    change(dataset / FILE, annotations=[*labels["annotations"], accepted], rejected=[])
    states = [face.state for face in photo(dataset).faces]
    assert sorted(states) == ["confirmed", "confirmed", "proposed"]


def test_its_boxes_are_checked_as_others_are(dataset: Path) -> None:
    kept = json.loads((dataset / "second_look.json").read_text())
    kept["photos"][0]["faces"] += [
        {"box": [1e308, 1, 1, 1], "state": "rejected"},
        {"box": [60, 40, 9, 9], "state": "odd", "confidence": "much", "source": 7, "tags": 7},
    ]
    change(dataset / "second_look.json", photos=kept["photos"])
    photos, problems = read(CocoReader(), dataset)
    assert [(one.remark, one.place) for one in problems] == [
        ("skipped", "second_look.json, face 4"),
        ("changed", "second_look.json, face 5"),
    ]
    (one,) = photos.values()
    assert one.faces[-1] == FaceRecord((60, 40, 4, 8), None, "proposed", place="second_look.json, face 5")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "second_look.json is empty"),
        ('{"photos": [{"name": "1.jpg"', "second_look.json ends in the middle"),
        ('{"photos": [{"faces": []}]}', "no name for photo 1"),
        ('{"photos": [7]}', "no name for photo 1"),
        ('{"photos": [{"name": "1.jpg", "faces": {}}]}', "no list of faces"),
        ('{"photos": [{"name": "1.jpg", "faces": [{"box": [1]}]}]}', "no four numbers"),
    ],
)
def test_a_damaged_one_refuses_the_dataset(dataset: Path, content: str, words: str) -> None:
    put(dataset, "second_look.json", content)
    with pytest.raises(BadDataset, match=words):
        read(CocoReader(), dataset)


def test_one_without_photos_says_nothing(dataset: Path) -> None:
    put(dataset, "second_look.json", '{"photos": {}, "more": [{"name": "1.jpg"}]}')
    assert {face.state for face in photo(dataset).faces} == {"confirmed", "rejected"}
