"""250 scenes with 600 boxes, exported in every format, and the environments of the tools that read them."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sqlalchemy.orm import Session

from db import session as sessions
from db.base import now
from db.models import Face, Group, Photo
from db.storage import blobs
from labeller.exports import source_choice
from labeller.exports.contents import Contents, Order
from labeller.exports.folder import ExportFolder
from labeller.formats import formats
from tests.conftest import forget_settings

SCENES, BOXES = 250, 600
SPLITS = ("train", "train", "train", "validation", "locked")

Boxes = Mapping[str, list[tuple[tuple[int, ...], str]]]
"""Boxes in whole pixels and their classes, sorted, by the name of the picture."""


def tool(environment: str, program: str) -> str:
    """The path of a program in an environment that `make formats-check` made beside ours."""
    return str(Path(f"{sys.prefix}-{environment}") / "bin" / program)


@dataclass(frozen=True)
class Exports:
    """The folder of each format, and what each photo holds."""

    folder: Path
    boxes: Boxes


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Exports]:
    """The scenes in a database of their own, each format written to a folder of its name."""
    data, out = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("exports")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA", str(data))
        forget_settings()
        shutil.copy(migrated_sqlite, data)
        with Session(sessions.engine()) as session:
            boxes = _add_scenes(session)
            for one in formats.FORMATS:
                scratch = out / f"{one.name}-scratch"
                scratch.mkdir()
                order = Order(one, source_choice.read(session, {}))
                with ExportFolder(out / one.name, {}) as folder:
                    for entry in Contents(session, order, scratch).entries(lambda share: None):
                        folder.write(entry)
                    folder.finish()
        sessions.engine().dispose()
        yield Exports(out, boxes)
    forget_settings()


def _add_scenes(session: Session) -> Boxes:
    """Photos with two or three labelled boxes; every tenth has none, and some boxes fill their photo."""
    rng = np.random.default_rng(22)
    counts = np.where(np.arange(SCENES) % 10 == 9, 0, 2)
    counts[np.flatnonzero(counts)[: BOXES - counts.sum()]] += 1
    expected: dict[str, list[tuple[tuple[int, ...], str]]] = {}
    for number, count in enumerate(counts):
        width, height = (int(side) for side in rng.integers(60, 200, 2))
        group = Group(split=SPLITS[number % len(SPLITS)])
        session.add(group)
        session.flush()
        name = f"scene_{number:03}.jpg"
        photo = _photo(group, name, (width, height), number)
        session.add(photo)
        session.flush()
        found = []
        for place in range(count):
            box = (0, 0, width, height) if number % 50 == place == 0 else _box(rng, width, height)
            label = ("mask", "nomask")[(number + place) % 2]
            session.add(_face(photo, box, label))
            found.append((box, label))
        expected[name] = sorted(found)
    session.commit()
    return expected


def _photo(group: Group, name: str, size: tuple[int, int], number: int) -> Photo:
    picture, file = Image.new("RGB", size, (number, 90, 140)), BytesIO()
    picture.save(file, "JPEG")
    key = blobs().put(file.getvalue(), durable=False)
    return Photo(
        sha256=key, blob=key, view_blob=key, width=size[0], height=size[1], dhash=bytes(32),
        group_id=group.id, status="ready", import_path=name, completed_at=now(),
    )  # fmt: skip


def _box(rng: np.random.Generator, width: int, height: int) -> tuple[int, int, int, int]:
    left, top = int(rng.integers(0, width - 12)), int(rng.integers(0, height - 12))
    return left, top, int(rng.integers(10, width - left)), int(rng.integers(10, height - top))


def _face(photo: Photo, box: tuple[int, ...], label: str) -> Face:
    x, y, w, h = box
    return Face(
        photo_id=photo.id, x=x, y=y, w=w, h=h, proposed_box=list(box), source="human", state="confirmed",
        label=label, decided_at=photo.completed_at, waiting=False, opinions=1,
    )  # fmt: skip
