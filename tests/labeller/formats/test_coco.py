"""COCO, read and written."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from labeller.errors import BadDataset
from labeller.formats.coco import CocoReader
from labeller.formats.protocol import ReadOptions
from labeller.formats.records import Problem
from labeller.formats.walk import walk
from tests.labeller.formats import datasets
from tests.labeller.formats.datasets import CLASSES, SAMPLES, boxes, put, read, scenes

CATEGORIES = [{"id": 1, "name": "mask"}, {"id": 2, "name": "nomask"}, {"id": 3, "name": "incorrect"}]
ONE = ((67, 197, 93, 121), "mask")
TWO = ((132, 141, 100, 123), "nomask")


def coco(**changes: Any) -> dict[str, Any]:
    """Two photos with a face each; `changes` replace a list, or merge into its items."""
    dataset: dict[str, Any] = {
        "images": [
            {"id": 1, "file_name": "scene_341.jpg", "width": 301, "height": 400},
            {"id": 2, "file_name": "scene_660.jpg", "width": 301, "height": 400},
        ],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [67, 197, 93, 121], "iscrowd": 0},
            {"id": 2, "image_id": 2, "category_id": 2, "bbox": [132, 141, 100, 123], "iscrowd": 0},
        ],
        "categories": CATEGORIES,
    }
    for name, value in changes.items():
        merge = isinstance(value, tuple)
        old = dataset[name]
        dataset[name] = [one | new for one, new in zip(old, value, strict=True)] if merge else value
    return dataset


def read_coco(
    folder: Path, dataset: dict[str, Any] | str, options: ReadOptions | None = None
) -> tuple[dict[str, list[Any]], list[Problem]]:
    content = dataset if isinstance(dataset, str) else json.dumps(dataset)
    photos, problems = datasets.read_file(CocoReader(), folder, "labels.json", content, options)
    return {name: boxes(photo) for name, photo in photos.items()}, problems


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


def test_it_is_said_that_pictures_were_found_by_name_alone(tmp_path: Path) -> None:
    scenes(tmp_path, ("scene_341.jpg", "deep/scene_660.jpg"))
    put(tmp_path, "a.json", json.dumps(coco(images=({"file_name": "C:\\Me\\scene_341.jpg"}, {}))))
    found = CocoReader().read(walk(tmp_path), ReadOptions(CLASSES))
    said = [(one.remark, one.message[:29]) for one in found if isinstance(one, Problem)]
    assert said == [("note", "1 picture was found by its na")]


@pytest.mark.parametrize(
    ("dataset", "kept", "said"),
    [
        (coco(annotations=({}, {"category_id": 99})), [[ONE], []], ["category 99, which the file does not"]),
        (
            coco(annotations=({"bbox": [160, 318, -93, -121]}, {"bbox": [132, 141, 0, 123]})),
            [[], []],
            ["-93 pixels wide", "0 pixels wide"],
        ),
        (coco(annotations=({"bbox": [1e308] * 4}, {})), [[], [TWO]], ["cannot be pixels"]),
        (coco(annotations=({"bbox": "no"}, {"bbox": [1, 2]})), [[], []], ["no four numbers"] * 2),
        (coco(annotations=({"bbox": []}, {"bbox": None})), [[], []], ["has no box"] * 2),
        (coco(annotations=({"bbox": [{}, 1, 1, 1]}, {})), [[], [TWO]], ["cannot be pixels"]),
        (coco(annotations=({}, {"iscrowd": 1})), [[ONE], []], ["is a crowd"]),
    ],
    ids=["category", "sizes", "giant", "no list", "none", "no number", "crowd"],
)
def test_a_box_that_cannot_be_used_is_named_and_the_photo_stays(
    tmp_path: Path, dataset: dict[str, Any], kept: list[Any], said: list[str]
) -> None:
    photos, problems = read_coco(tmp_path, dataset)
    assert list(photos.values()) == kept
    assert [one.remark for one in problems] == ["skipped"] * len(said)
    assert all(text in one.message for text, one in zip(said, problems, strict=True))
    assert all(one.file == "labels.json" and one.place.startswith("annotation ") for one in problems)


def test_a_photo_with_a_refused_box_does_not_count_as_one_without_faces(tmp_path: Path) -> None:
    dataset = json.dumps(coco(annotations=({"bbox": [1, 1, 0, 0]}, {"category_id": 99})))
    photos, _ = datasets.read_file(CocoReader(), tmp_path, "labels.json", dataset)
    assert [photo.looked_at for photo in photos.values()] == [False, False]


def test_photos_without_boxes_were_looked_at(tmp_path: Path) -> None:
    photos, problems = datasets.read_file(
        CocoReader(), tmp_path, "labels.json", json.dumps(coco(annotations=[]))
    )
    assert [(photo.faces, photo.looked_at) for photo in photos.values()] == [((), True)] * 2
    assert [one.message[:20] for one in problems] == ["2 photos without a b"]


def test_a_size_that_no_picture_has_gives_way(tmp_path: Path) -> None:
    dataset = coco(images=({"width": 10**12}, {"width": 300, "height": 399}))
    photos, problems = read_coco(tmp_path, dataset)
    assert photos == {"scene_341.jpg": [ONE], "scene_660.jpg": [TWO]}
    assert [one.remark for one in problems] == ["changed", "changed"]
    assert "cannot have the size" in problems[0].message
    assert "301 × 400" in problems[1].message


def test_swapped_sides_give_way_to_the_upright_ones(tmp_path: Path) -> None:
    photos, problems = read_coco(tmp_path, coco(images=({"width": 400, "height": 301}, {})))
    assert photos == {"scene_341.jpg": [ONE], "scene_660.jpg": [TWO]}
    assert [(one.remark, one.place) for one in problems] == [("changed", "image 1")]
    assert "301 × 400 pixels, and not 400 × 301" in problems[0].message


def test_boxes_of_the_picture_before_it_was_turned_are_left_out(tmp_path: Path) -> None:
    swapped = coco(images=({"width": 400, "height": 301}, {}), annotations=({"bbox": [350, 10, 40, 40]}, {}))
    photos, problems = read_coco(tmp_path, swapped)
    assert photos == {"scene_341.jpg": [], "scene_660.jpg": [TWO]}
    assert [one.remark for one in problems] == ["skipped"]


def test_a_polygon_gives_its_enclosing_box(tmp_path: Path) -> None:
    dataset = coco()
    del dataset["annotations"][0]["bbox"]
    dataset["annotations"][0]["segmentation"] = [[67, 197, 160, 197, 160, 318, 67, 318, 113.5, 318.0]]
    photos, problems = read_coco(tmp_path, dataset)
    assert photos["scene_341.jpg"] == [ONE]
    assert [(one.remark, one.message) for one in problems] == [("changed", "has its box from a polygon")]


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


def test_results_are_proposals(tmp_path: Path) -> None:
    results = [{"image_id": 1, "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.61}]
    put(tmp_path, "results.json", json.dumps(results))
    photos, problems = datasets.read_file(
        CocoReader(), tmp_path, "labels.json", json.dumps(coco(annotations=[]))
    )
    (face,) = photos["scene_341.jpg"].faces
    assert (face.box, face.label, face.state, face.confidence) == ((1, 2, 3, 4), "nomask", "proposed", 0.61)
    assert [one.remark for one in problems] == ["note"]  # of the photo that has no result


def test_results_alone_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDataset, match="no COCO file"):
        read_coco(tmp_path, '[{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}]')


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
