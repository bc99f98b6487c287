"""The labelled faces a run works with, and the manifest that fixes them."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Face, Group, Photo
from trainer.errors import NotEnoughLabels

LEAST_PER_CLASS = 4
"""Below this a split by person leaves a class out of training or validation."""
LEARNED = (Face.state == "confirmed", Face.disputed.is_(False))
"""Nobody learns from, or is measured on, what people disagree about."""


@dataclass(frozen=True)
class Row:
    """A labelled face; `group` is its person or repeat group."""

    face_id: int
    box_version: int
    label: str
    split: str
    group: int


@dataclass(frozen=True)
class Dataset:
    rows: tuple[Row, ...]
    classes: tuple[str, ...]

    @property
    def labels(self) -> NDArray[np.int64]:
        """Class indices (n,)."""
        return np.array([self.classes.index(row.label) for row in self.rows], np.int64)

    @property
    def groups(self) -> NDArray[np.int64]:
        return np.array([row.group for row in self.rows], np.int64)

    def where(self, *splits: str) -> NDArray[np.bool_]:
        """Which rows are in one of `splits` (n,)."""
        return np.array([row.split in splits for row in self.rows], bool)

    def manifest(self) -> bytes:
        """The dataset as canonical JSON: same faces, boxes, labels and splits, same bytes."""
        rows: list[list[Any]] = [[r.face_id, r.box_version, r.label, r.split, r.group] for r in self.rows]
        text = json.dumps({"classes": self.classes, "rows": rows}, separators=(",", ":"), ensure_ascii=False)
        return text.encode()


def collect(session: Session, classes: tuple[str, ...]) -> Dataset:
    """All confirmed faces with a label of `classes`, by id; not those that people disagree about."""
    query = (
        select(Face.id, Face.box_version, Face.label, Group.split, Group.id.label("group"))
        .join(Photo, Photo.id == Face.photo_id)
        .join(Group, Group.id == Photo.group_id)
        .where(*LEARNED, Face.label.in_(classes), Photo.status == "ready")
        .order_by(Face.id)
    )
    rows = session.execute(query).all()
    return Dataset(
        tuple(Row(row.id, row.box_version, row.label, row.split, row.group) for row in rows), classes
    )


def label_counts(session: Session) -> dict[str, int]:
    """How many labelled faces of each class there are to learn from: not those of the locked set."""
    query = (
        select(Face.label, func.count())
        .join(Photo, Photo.id == Face.photo_id)
        .join(Group, Group.id == Photo.group_id)
        .where(*LEARNED, Group.split != "locked")
        .group_by(Face.label)
    )
    return {str(label): count for label, count in session.execute(query)}


def require_enough(session: Session, classes: tuple[str, ...]) -> None:
    """Raises NotEnoughLabels unless each class has LEAST_PER_CLASS labelled faces to learn from."""
    counts = label_counts(session)
    if all(counts.get(name, 0) >= LEAST_PER_CLASS for name in classes):
        return
    have = ", ".join(f"{name}: {counts.get(name, 0)}" for name in classes)
    raise NotEnoughLabels(
        "not_enough_labels",
        f"Training needs at least {LEAST_PER_CLASS} labelled faces of each class ({have}).",
        "The locked test share does not count. Label some more, then train.",
    )
