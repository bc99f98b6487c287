"""COCO: boxes that cannot be used, sizes that do not fit, photos without boxes."""

import json
from pathlib import Path
from typing import Any

import pytest

from labeller.errors import BadDataset
from labeller.formats.coco import CocoReader
from tests.labeller.formats import datasets
from tests.labeller.formats.coco_dataset import ONE, TWO, coco, read_coco
from tests.labeller.formats.datasets import put


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
