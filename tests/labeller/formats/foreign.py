"""Samples of what other tools write, beside pictures of the right sizes; and what a report says of them.

`samples/` holds what datumaro 1.13.12, supervision 0.31.2, label-studio-sdk 2.1.2 and a server of Label
Studio 1.23.2 wrote from six photos; `samples/odd/` damaged and unusual files.
"""

import shutil
from pathlib import Path

from labeller.formats.records import Problem
from tests.labeller.formats.datasets import SAMPLES, SCENES, picture, put, scenes

SPLITS = {
    "scene_680.jpg": "train",
    "scene_251.jpg": "train",
    "scene_318.jpg": "train",
    "scene_341.jpg": "validation",
    "scene_495.jpg": "validation",
    "scene_660.jpg": "locked",
}


def prepare(sample: str, folder: Path, *pictures: str) -> Path:
    """A copy of a sample with pictures of these scenes beside it; without names all six."""
    source = SAMPLES / sample
    if source.is_dir():
        shutil.copytree(source, folder, dirs_exist_ok=True)
    else:
        shutil.copy(source, folder)
    return scenes(folder, pictures or SCENES)


def dataset(folder: Path, files: dict[str, str]) -> Path:
    """A folder with these text files, and a picture of 200 × 100 for each name that ends as one."""
    for name, text in files.items():
        put(folder, name, picture((200, 100)) if name.endswith((".jpg", ".png")) else text)
    return folder


def said(problems: list[Problem], remark: str) -> list[str]:
    """File, place and message of the problems of one kind, as a person reads them."""
    return [f"{one.file}: {one.place}: {one.message}" for one in problems if one.remark == remark]
