"""Which format a dataset has, when nobody said."""

import json
from pathlib import Path

import pytest

from labeller.errors import BadDataset
from labeller.formats.detect import detect_format
from labeller.formats.formats import FORMATS, by_name
from labeller.formats.walk import walk
from tests.labeller.formats.coco_dataset import coco
from tests.labeller.formats.datasets import put

COCO, TASKS = json.dumps(coco()), '[{"id": 1, "data": {"image": "1.jpg"}, "annotations": []}]'
VOC = "<annotation><filename>1.jpg</filename></annotation>"
CVAT = '<?xml version="1.0"?>\n<annotations><version>1.1</version></annotations>'
DATASETS = {
    "folders": {"mask/2.jpg": ""},
    "csv": {"labels.csv": "file\n", "second_look.json": '{"photos": []}'},
    "coco": {"annotations/instances_train.json": COCO, "instances_val.json": COCO},
    "yolo": {"data.yaml": "names: [mask]", "labels/train/1.txt": "", "notes.json": '{"categories": []}'},
    "voc": {"Annotations/1.xml": VOC, "labelmap.txt": "", "ImageSets/Main/train.txt": "1"},
    "labelstudio": {"tasks.json": TASKS, "label_config.xml": "<View></View>"},
    "cvat": {"annotations.xml": CVAT},
    "widerface": {"wider_face_split/wider_face_train_bbx_gt.txt": "", "labels.txt": "mask"},
}
WRITTEN = {one.name for one in FORMATS}


def listing_of(root: Path, files: dict[str, str]) -> Path:
    put(root, "1.jpg")
    for name, content in files.items():
        put(root, name, content)
    return root


@pytest.mark.parametrize("name", [name for name in DATASETS if name in WRITTEN])
def test_the_files_of_a_dataset_say_its_format(tmp_path: Path, name: str) -> None:
    assert detect_format(walk(listing_of(tmp_path, DATASETS[name]))) is by_name(name)


def test_several_formats_are_named_with_a_file_of_each(tmp_path: Path) -> None:
    root = listing_of(tmp_path, DATASETS["coco"] | DATASETS["voc"])
    with pytest.raises(BadDataset) as raised:
        detect_format(walk(root))
    assert raised.value.code == "which_format"
    assert "coco (instances_val.json) and voc (Annotations/1.xml)" in raised.value.message


def test_what_cannot_be_told_says_what_is_there(tmp_path: Path) -> None:
    put(tmp_path, "a.md", "x")
    with pytest.raises(BadDataset, match=r"1 \.md"):
        detect_format(walk(tmp_path))


def test_an_unknown_name_of_a_format_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BadDataset, match="no format “excel”") as raised:
        by_name("excel")
    assert "folders, csv" in raised.value.hint
