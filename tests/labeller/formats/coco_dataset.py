"""A small dataset in COCO, as it is or with what a test changes."""

import json
from pathlib import Path
from typing import Any

from labeller.formats.coco import CocoReader
from labeller.formats.protocol import ReadOptions
from labeller.formats.records import Problem
from tests.labeller.formats import datasets
from tests.labeller.formats.datasets import boxes

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
