"""What the tools of others read from our exports, each format by those that know it."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.foreign_tools.conftest import Boxes, Exports, tool

pytestmark = [pytest.mark.slow, pytest.mark.full_size]
READERS = {
    "pycocotools": "coco",
    "datumaro-coco": "coco",
    "datumaro-voc": "voc",
    "datumaro-yolo": "yolo",
    "datumaro-cvat": "cvat",
    "datumaro-wider_face": "widerface",
    "supervision-coco": "coco",
    "supervision-yolo": "yolo",
    "supervision-voc": "voc",
    "label-studio-sdk": "labelstudio",
}
ONE_BASED = {"datumaro-voc"}
"""It takes the kit's corners, which count from 1 and are inclusive, for 0-based and exclusive ones."""
WITHOUT_CLASSES = {"datumaro-wider_face"}
"""The format has none: the folder of an event becomes one. Ours are in the sidecar."""


@pytest.mark.parametrize("name", READERS)
def test_a_tool_reads_every_box(exports: Exports, name: str) -> None:
    read = _read(name, exports.folder / READERS[name])
    expected = {
        photo: sorted(
            (_seen(name, box), "face" if name in WITHOUT_CLASSES else label) for box, label in boxes
        )
        for photo, boxes in exports.boxes.items()
    }
    assert read == expected


def _read(name: str, folder: Path) -> Boxes:
    command = [tool("formats", "python"), str(Path(__file__).with_name("readers.py")), name, str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return {
        photo: sorted((tuple(round(side) for side in box), label) for *box, label in boxes)
        for photo, boxes in json.loads(done.stdout).items()
    }


def _seen(name: str, box: tuple[int, ...]) -> tuple[int, ...]:
    if name not in ONE_BASED:
        return box
    left, top, width, height = box
    return left + 1, top + 1, width - 1, height - 1
