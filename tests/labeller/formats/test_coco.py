"""COCO: what other tools write, names of classes, damaged files."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from labeller.errors import BadDataset
from labeller.formats.coco import CocoReader
from labeller.formats.protocol import ReadOptions
from tests.labeller.formats import datasets
from tests.labeller.formats.coco_dataset import ONE, TWO, coco, read_coco
from tests.labeller.formats.datasets import CLASSES, SAMPLES, boxes, read, scenes


@pytest.mark.parametrize("tool", ["labelstudio-coco", "lssdk-coco", "datumaro-coco", "supervision-coco"])
def test_what_other_tools_write_is_read(tmp_path: Path, tool: str) -> None:
    shutil.copytree(SAMPLES / tool, tmp_path, dirs_exist_ok=True)
    photos, problems = read(CocoReader(), scenes(tmp_path))
    answers = datasets.right_answers()
    if tool == "labelstudio-coco":
        answers["scene_660.jpg"] = []
    assert [one.remark for one in problems] == ["changed"] + ["note"] * (tool == "labelstudio-coco")
    read_boxes = {name: sorted(boxes(photo)) for name, photo in photos.items()}
    assert read_boxes == datasets.as_imported(answers)


def test_the_file_of_each_split_says_so(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "datumaro-coco", tmp_path, dirs_exist_ok=True)
    photos, _ = read(CocoReader(), scenes(tmp_path))
    assert {name: photo.split for name, photo in photos.items()} == {
        "scene_251.jpg": "train",
        "scene_318.jpg": "train",
        "scene_680.jpg": "train",
        "scene_341.jpg": "validation",
        "scene_495.jpg": "validation",
        "scene_660.jpg": "locked",
    }


@pytest.mark.parametrize(
    "dataset",
    [
        coco(),
        coco(
            categories=({"id": 0}, {"id": 1}, {"id": 2}), annotations=({"category_id": 0}, {"category_id": 1})
        ),
        coco(annotations=({"id": 1}, {"id": 1})),
        coco(images=({"file_name": "C:\\Users\\Me\\scene_341.jpg"}, {"file_name": "val\\scene_660.jpg"})),
        coco(
            categories=({"id": "a"}, {"id": "b"}, {}),
            annotations=({"category_id": "a"}, {"category_id": "b"}),
        ),
        coco(images=({"id": 10**40}, {}), annotations=({"image_id": 10**40, "id": 10**41}, {})),
    ],
    ids=["plain", "ids from 0", "ids twice", "windows", "ids of text", "endless ids"],
)
def test_ids_are_keys_and_paths_are_names(tmp_path: Path, dataset: dict[str, Any]) -> None:
    assert read_coco(tmp_path, dataset) == ({"scene_341.jpg": [ONE], "scene_660.jpg": [TWO]}, [])


OTHER = coco(categories=({"name": "With Mask"}, {"name": "NoMask "}, {"name": "e\u0301te\u0301"}))


def test_other_names_of_classes_are_refused_with_their_list(tmp_path: Path) -> None:
    with pytest.raises(BadDataset) as raised:
        read_coco(tmp_path, OTHER)
    assert raised.value.code == "unknown_classes"
    assert "With Mask (1)" in raised.value.message


def test_other_names_of_classes_may_be_mapped(tmp_path: Path) -> None:
    photos, problems = read_coco(tmp_path, OTHER, ReadOptions(CLASSES, {"With Mask": "mask"}))
    assert photos == {"scene_341.jpg": [ONE], "scene_660.jpg": [TWO]}
    assert problems == []


WHOLE = json.dumps(coco())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (WHOLE[: len(WHOLE) * 7 // 10], r"labels.json ends in the middle \(byte \d+\)"),
        (WHOLE.replace("67,", "NaN,"), r"labels.json is no JSON near byte \d+: NaN is no number"),
        (WHOLE.replace("93,", "Infinity,"), "Infinity is no number"),
        ("", "labels.json is empty"),
        ("{}", "There is no COCO file"),
        ("[]", "There is no COCO file"),
        (json.dumps(coco(categories=({}, {"id": 1}, {}))), "gives category 1 two names"),
        (json.dumps(coco(categories=({"name": None}, {}, {}))), "no name for category 1"),
    ],
)
def test_a_damaged_file_is_refused_whole(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(BadDataset, match=words):
        read_coco(tmp_path, content)
