"""COCO: which picture a file name means."""

import json
from pathlib import Path

from labeller.formats.coco import CocoReader
from labeller.formats.protocol import ReadOptions
from labeller.formats.records import Problem
from labeller.formats.walk import walk
from tests.labeller.formats import datasets
from tests.labeller.formats.coco_dataset import CATEGORIES, ONE, TWO, coco, read_coco
from tests.labeller.formats.datasets import CLASSES, put, read, scenes


def test_a_name_that_two_splits_have_means_the_picture_of_its_split(tmp_path: Path) -> None:
    for split, at in (("train", 0), ("val", 1)):
        put(tmp_path, f"images/{split}/scene_341.jpg", datasets.picture((301, 400)))
        dataset = coco(images=coco()["images"][:1], annotations=coco()["annotations"][:1])
        dataset["annotations"][0]["category_id"] = CATEGORIES[at]["id"]
        put(tmp_path, f"annotations/instances_{split}.json", json.dumps(dataset))
    photos, problems = read(CocoReader(), tmp_path)
    assert problems == []
    assert photos["images/train/scene_341.jpg"].faces[0].label == "mask"
    assert photos["images/val/scene_341.jpg"].faces[0].label == "nomask"


def test_it_is_said_that_pictures_were_found_by_name_alone(tmp_path: Path) -> None:
    scenes(tmp_path, ("scene_341.jpg", "deep/scene_660.jpg"))
    put(tmp_path, "a.json", json.dumps(coco(images=({"file_name": "C:\\Me\\scene_341.jpg"}, {}))))
    found = CocoReader().read(walk(tmp_path), ReadOptions(CLASSES))
    said = [(one.remark, one.message[:29]) for one in found if isinstance(one, Problem)]
    assert said == [("note", "1 picture was found by its na")]


def test_pictures_that_are_not_there_are_named(tmp_path: Path) -> None:
    dataset = coco()
    dataset["images"].append({"id": 3, "file_name": "not_there.jpg", "width": 10, "height": 10})
    for id in (3, 77):
        dataset["annotations"].append({"id": id, "image_id": id, "category_id": 1, "bbox": [1, 1, 5, 5]})
    photos, problems = read_coco(tmp_path, dataset)
    assert photos == {"scene_341.jpg": [ONE], "scene_660.jpg": [TWO]}
    assert [one.message for one in problems] == [
        "“not_there.jpg” is not among the pictures",
        "belongs to image 77, which the file does not hold",
    ]


def test_paths_that_climb_are_never_opened(tmp_path: Path) -> None:
    dataset = coco(images=({"file_name": "../../../../etc/passwd"}, {"file_name": "/etc/hostname"}))
    photos, problems = read_coco(tmp_path, dataset)
    assert photos == {}
    assert [one.message.endswith("is not among the pictures") for one in problems] == [True, True]


def test_one_picture_under_two_names_is_a_conflict(tmp_path: Path) -> None:
    dataset = coco(images=({"file_name": "a/scene_341.jpg"}, {"file_name": "b/scene_341.jpg"}))
    photos, problems = read_coco(tmp_path, dataset)
    assert photos == {"scene_341.jpg": [ONE]}
    assert [one.remark for one in problems] == ["conflict"]
    assert "a/scene_341.jpg" in problems[0].message
    assert "b/scene_341.jpg" in problems[0].message


def test_the_same_name_in_two_folders_is_two_pictures(tmp_path: Path) -> None:
    for folder in "ab":
        put(tmp_path, f"{folder}/scene_341.jpg", datasets.picture((301, 400)))
    dataset = coco(images=({"file_name": "a/scene_341.jpg"}, {"file_name": "b/scene_341.jpg"}))
    put(tmp_path, "labels.json", json.dumps(dataset))
    photos, problems = read(CocoReader(), tmp_path)
    assert sorted(photos) == ["a/scene_341.jpg", "b/scene_341.jpg"]
    assert problems == []


def test_two_images_with_one_id_are_a_conflict(tmp_path: Path) -> None:
    photos, problems = read_coco(tmp_path, coco(images=({"id": 1}, {"id": 1})))
    assert photos == {"scene_341.jpg": [ONE]}
    assert sorted(one.remark for one in problems) == ["conflict", "skipped"]
