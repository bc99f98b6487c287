"""Label Studio JSON: percent and turns, which annotation counts, what is no picture, what is written."""

import json
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree

from labeller.errors import BadDataset
from labeller.formats.label_studio import LabelStudioReader
from labeller.formats.records import FaceRecord, PhotoRecord, Problem
from tests.labeller.formats.datasets import picture, put, read
from tests.labeller.formats.foreign import dataset, prepare, said
from tests.labeller.formats.round_trip import write


def region(*box: float, label: str = "mask", **more: Any) -> dict[str, Any]:
    """A rectangle in percent of a photo of 200 × 100."""
    names = ("x", "y", "width", "height")
    value = dict(zip(names, box, strict=True)) | {"rectanglelabels": [label]} | more.pop("value", {})
    stated = {"original_width": 200, "original_height": 100, "image_rotation": 0}
    return {"id": "r", "type": "rectanglelabels", "value": value} | stated | more


def task(*annotations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": 1, "data": {"image": "/data/upload/1/1a2b3c4d-a.jpg"}, "annotations": annotations} | more


def answer(*results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": 7, "completed_by": 1, "was_cancelled": False, "result": results} | more


def read_tasks(folder: Path, *tasks: Any) -> tuple[dict[str, PhotoRecord], list[Problem]]:
    return read(LabelStudioReader(), dataset(folder, {"a.jpg": "", "tasks.json": json.dumps(tasks)}))


def test_a_box_over_the_edge_is_cut_and_one_outside_is_refused(tmp_path: Path) -> None:
    photos, problems = read(
        LabelStudioReader(), prepare("odd/06-percent-over-100.ls.json", tmp_path, "scene_341.jpg")
    )

    (face,) = photos["scene_341.jpg"].faces
    assert face.box == pytest.approx((285.95, 200, 15.05, 120))
    assert "region aaa" in said(problems, "changed")[0]
    assert "region bbb" in said(problems, "skipped")[0]


def test_a_turned_box_becomes_its_enclosing_box_in_pixels(tmp_path: Path) -> None:
    photos, problems = read(LabelStudioReader(), prepare("odd/22-rotated.ls.json", tmp_path, "scene_341.jpg"))

    (face,) = photos["scene_341.jpg"].faces
    assert face.box == pytest.approx((6.5, 197, 141.04, 151.289), abs=0.001)
    assert "30°" in said(problems, "changed")[0]


def test_a_video_is_named_and_a_cancelled_annotation_is_no_answer(tmp_path: Path) -> None:
    folder = prepare("odd/23-video-and-cancelled.ls.json", tmp_path, "scene_660.jpg")

    photos, problems = read(LabelStudioReader(), folder)

    (skipped,) = said(problems, "skipped")
    assert "task 1: is not about a picture, but about video" in skipped
    (face,) = photos["scene_660.jpg"].faces
    assert (face.state, face.confidence, face.box) == ("proposed", 0.61, (132, 141, 100, 123))
    assert not photos["scene_660.jpg"].looked_at


MASK, BARE = region(1, 1, 9, 9), region(1, 1, 9, 9, label="nomask")


@pytest.mark.parametrize(
    ("annotations", "label"),
    [
        ([answer(MASK, updated_at="2026-02"), answer(BARE, updated_at="2026-01")], "mask"),
        ([answer(MASK, ground_truth=True), answer(BARE, updated_at="2026-01")], "mask"),
        ([answer(MASK), answer(BARE, was_cancelled=True)], "mask"),
        ([answer(MASK), answer(BARE)], "nomask"),
    ],
    ids=["newest", "ground truth", "not cancelled", "last"],
)
def test_one_annotation_of_several_counts(annotations: list, label: str, tmp_path: Path) -> None:
    photos, problems = read_tasks(tmp_path, task(*annotations))

    assert [face.label for face in photos["a.jpg"].faces] == [label]
    is_doubtful = not any(one["was_cancelled"] for one in annotations)
    assert bool(said(problems, "conflict")) == is_doubtful


def test_equal_annotations_are_no_conflict(tmp_path: Path) -> None:
    _, problems = read_tasks(tmp_path, task(answer(region(1, 1, 9, 9)), answer(region(1, 1, 9, 9))))

    assert problems == []


def test_percent_are_of_the_upright_photo_whatever_size_is_stated(tmp_path: Path) -> None:
    stated = region(50, 50, 10, 10, original_width=100, original_height=200)

    photos, problems = read_tasks(tmp_path, task(answer(stated)))

    assert photos["a.jpg"].faces[0].box == (100, 50, 20, 10)
    assert "200 × 100" in said(problems, "changed")[0]


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (region(1, 1, 9, 9, image_rotation=90), "turned by 90°"),
        (region(1, 1, 9, 9, type="brushlabels"), "brushlabels"),
        (region(1, 1, 9, 9, type="keypointlabels"), "keypointlabels"),
        (region(1, 1, 9, 9, value={"rectanglelabels": ["mask", "nomask"]}), "several classes"),
        (region(1, 1, 9, 9, value={"x": None}), "cannot be pixels"),
        (region(1, 1, 9, 9, value={"rotation": "x"}), "cannot be pixels"),
        (region(1, 1, -9, 9), "wide"),
        ({"id": "r"}, "type region"),
        ({"id": "r", "type": "rectangle", "value": 7}, "cannot be pixels"),
    ],
)
def test_what_is_no_box_is_named_with_its_region(result: dict[str, Any], words: str, tmp_path: Path) -> None:
    photos, problems = read_tasks(tmp_path, task(answer(result)))

    (skipped,) = said(problems, "skipped")
    assert skipped.startswith("tasks.json: annotation, region r: ")
    assert words in skipped
    assert photos["a.jpg"].faces == ()
    assert not photos["a.jpg"].looked_at


def test_a_rectangle_may_get_its_class_from_another_region(tmp_path: Path) -> None:
    rectangle = region(1, 1, 9, 9, type="rectangle", value={"rectanglelabels": None})
    labels = {"id": "r", "type": "labels", "value": {"labels": ["nomask"]}}

    photos, _ = read_tasks(tmp_path, task(answer(rectangle, labels)))

    assert [face.label for face in photos["a.jpg"].faces] == ["nomask"]


def test_predictions_are_proposals_until_somebody_has_answered(tmp_path: Path) -> None:
    prediction = {"score": 0.5, "result": [region(1, 1, 9, 9), region(20, 20, 9, 9, score=0.7)]}
    other = {"score": 0.4, "result": [region(1, 1, 9, 9)]}

    unanswered, _ = read_tasks(tmp_path / "1", task(predictions=[prediction]))
    answered, _ = read_tasks(tmp_path / "2", task(answer(region(1, 1, 9, 9)), predictions=[prediction]))
    of_two, _ = read_tasks(tmp_path / "3", task(predictions=[prediction, other]))

    assert [face.state for face in unanswered["a.jpg"].faces] == ["proposed", "proposed"]
    assert [face.confidence for face in unanswered["a.jpg"].faces] == [None, 0.7]
    assert [face.state for face in answered["a.jpg"].faces] == ["confirmed"]
    assert [face.confidence for face in of_two["a.jpg"].faces] == [0.4]


@pytest.mark.parametrize(
    "image",
    [
        "s3://bucket/some/a.jpg",
        "https://example.org/x/a.jpg?token=1",
        "/data/local-files/?d=x/a.jpg",
        "C:\\x\\a.jpg",
        "/data/upload/1/1a2b3c4d-a.jpg",
    ],
)
def test_pictures_are_found_by_any_address_and_never_fetched(image: str, tmp_path: Path) -> None:
    photos, problems = read_tasks(tmp_path, task(answer(), data={"photo": image, "text": "hello"}))

    assert photos["a.jpg"].looked_at
    assert problems == []


def test_old_and_broken_tasks_are_named(tmp_path: Path) -> None:
    old = {"id": 3, "data": {"image": "a.jpg"}, "completions": []}

    photos, problems = read_tasks(tmp_path, task(answer()), old, 7, {"data": 8})

    assert list(photos) == ["a.jpg"]
    places = [one.split(": ")[1] for one in said(problems, "skipped")]
    assert places == ["task 3", "task 3", "task 4"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "7", '[{"image_id": 1, "category_id": 2}]', '[{"data": {"image": ']
)
def test_what_is_no_dataset_is_refused_whole(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadDataset):
        read(LabelStudioReader(), dataset(tmp_path, {"tasks.json": text, "a.jpg": ""}))


def test_what_is_written_can_be_imported_by_a_server(tmp_path: Path) -> None:
    faces = (
        FaceRecord((0, 0, 64, 48), "mask"),
        FaceRecord((1, 2, 3, 4), None, "proposed", 0.25, "centerface"),
    )
    record = PhotoRecord(
        "a #1.jpg", (*faces, FaceRecord((5, 6, 7, 8), None, "rejected")), (64, 48), person="Ann"
    )

    write(tmp_path, "labelstudio", [record])

    (task,) = json.loads((tmp_path / "tasks.json").read_text())
    config = ElementTree.parse(tmp_path / "label_config.xml").getroot()
    assert task["id"] == 1
    assert not {"id", "completed_by"} & task["annotations"][0].keys()
    assert task["data"] == {
        "image": "/data/local-files/?d=images/a%20%231.jpg",
        "person": "Ann",
        "second_look": {"rejected": [[5, 6, 7, 8]]},
    }
    controls = {(one.get("name"), one.get("toName")) for one in config.iter("RectangleLabels")}
    labels = {one.get("value") for one in config.iter("Label")}
    for part in (*task["annotations"], *task["predictions"]):
        for one in part["result"]:
            assert (one["from_name"], one["to_name"]) in controls
            assert set(one["value"]["rectanglelabels"]) <= labels
            assert (one["original_width"], one["original_height"]) == (64, 48)
    assert task["predictions"][0]["score"] == 0.25
    assert task["predictions"][0]["model_version"] == "centerface"


def test_rejected_boxes_come_back_through_a_server_that_drops_the_sidecar(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", picture((64, 48)))
    data = {"image": "a.jpg", "second_look": {"rejected": [[5, 6, 7, 8], "x"]}, "split": "val", "person": ""}
    put(tmp_path, "tasks.json", json.dumps([{"id": 1, "data": data, "annotations": []}]))

    photos, problems = read(LabelStudioReader(), tmp_path)

    assert [(face.box, face.state) for face in photos["a.jpg"].faces] == [((5, 6, 7, 8), "rejected")]
    assert (photos["a.jpg"].split, photos["a.jpg"].person) == ("validation", None)
    assert "rejected box 2" in said(problems, "skipped")[0]
