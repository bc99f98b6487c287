"""What is said of photos without a box, whatever the format."""

import json
from pathlib import Path

import pytest

from labeller.formats.coco import CocoReader
from labeller.formats.csv_file import CsvReader
from labeller.formats.cvat import CvatReader
from labeller.formats.label_studio import LabelStudioReader
from labeller.formats.protocol import Reader, ReadOptions
from labeller.formats.voc import VocReader
from labeller.formats.wider_face import WiderFaceReader
from tests.labeller.formats.datasets import CLASSES, put, read_file

NAMES = ("scene_341.jpg", "scene_660.jpg")
COCO = json.dumps(
    {
        "images": [{"id": at, "file_name": name} for at, name in enumerate(NAMES)],
        "categories": [],
        "annotations": [],
    }
)
CVAT = "".join(f'<image id="{at}" name="{name}" width="301" height="400"/>' for at, name in enumerate(NAMES))
WIDER = "".join(f"{name}\n0\n0 0 0 0 0 0 0 0 0 0\n" for name in NAMES)
TASKS = json.dumps([{"data": {"image": name}, "annotations": [{"result": []}]} for name in NAMES])
SAID = "2 photos without a box are taken as looked at: no face on them"


@pytest.mark.parametrize(
    ("reader", "name", "content"),
    [
        (CocoReader(), "a.json", COCO),
        (CvatReader(), "a.xml", f"<annotations>{CVAT}</annotations>"),
        (WiderFaceReader(), "wider_face_val_bbx_gt.txt", WIDER),
    ],
    ids=["coco", "cvat", "widerface"],
)
def test_it_is_said_that_photos_without_a_box_are_taken_as_looked_at(
    reader: Reader, name: str, content: str, tmp_path: Path
) -> None:
    photos, problems = read_file(reader, tmp_path, name, content)
    assert [photos[name].looked_at for name in NAMES] == [True, True]
    assert [(one.remark, one.message) for one in problems] == [("note", SAID)]


def test_of_one_it_is_said_in_the_singular(tmp_path: Path) -> None:
    content = "<annotation><filename>scene_341.jpg</filename></annotation>"
    _, problems = read_file(VocReader(), tmp_path, "scene_341.xml", content)
    assert "1 photo without a box is taken as looked at: no face on it" in [one.message for one in problems]


@pytest.mark.parametrize(
    ("reader", "name", "content"),
    [
        (LabelStudioReader(), "a.json", TASKS),
        (CsvReader(), "a.csv", "file,state\n" + "".join(f"{name},empty\n" for name in NAMES)),
    ],
    ids=["label studio", "csv"],
)
def test_nothing_is_assumed_where_the_file_itself_says_it(
    reader: Reader, name: str, content: str, tmp_path: Path
) -> None:
    photos, problems = read_file(reader, tmp_path, name, content)
    assert [photos[name].looked_at for name in NAMES] == [True, True]
    assert problems == []


def test_nothing_is_assumed_where_the_sidecar_says_it(tmp_path: Path) -> None:
    known = [{"name": NAMES[0], "looked_at": True}, {"name": NAMES[1], "looked_at": False}]
    put(tmp_path, "second_look.json", json.dumps({"second_look": 1, "photos": known}))
    photos, problems = read_file(CocoReader(), tmp_path, "a.json", COCO)
    assert [photos[name].looked_at for name in NAMES] == [True, False]
    assert problems == []


@pytest.mark.parametrize("is_looked_at", [True, False])
def test_a_person_may_say_whether_photos_without_a_box_were_looked_at(
    is_looked_at: bool, tmp_path: Path
) -> None:
    options = ReadOptions(CLASSES, empty_is_looked_at=is_looked_at)
    photos, problems = read_file(CocoReader(), tmp_path, "a.json", COCO, options)
    assert [photos[name].looked_at for name in NAMES] == [is_looked_at, is_looked_at]
    assert problems == []
