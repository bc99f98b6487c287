"""The labelled faces of a run, and the manifest that lists them."""

import json
from collections.abc import Container
from dataclasses import astuple, dataclass, replace

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import NOT_LOCKED, Face, Group, Photo
from trainer.arrays import BoolArray, Box, IntArray

TRAINABLE = (Face.state == "confirmed", Face.disputed.is_(False))
"""Faces to train and measure on: confirmed ones that people do not disagree about."""
CHOOSABLE = (
    Photo.status == "ready",
    NOT_LOCKED,
    Face.state == "proposed",
    Face.decided_at.is_(None),
)
"""Undecided faces that may be chosen for an answer."""
LIKELY_FACE = (Face.doubtful.is_(False), Face.hidden.is_(False))
"""Detections that are almost certainly faces; control faces and the count of labels saved use only these."""


@dataclass(frozen=True)
class Row:
    """A labelled face. `group` is the id of its person or near-duplicate group, `person` None if unknown."""

    face_id: int
    box_version: int
    label: str
    split: str
    group: int
    box: Box
    person: int | None
    source: str
    confidence: float | None


@dataclass(frozen=True)
class Dataset:
    """Labelled faces and the names of their classes."""

    rows: tuple[Row, ...]
    classes: tuple[str, ...]

    @property
    def labels(self) -> IntArray:
        """Class indices (n,)."""
        return np.array([self.classes.index(row.label) for row in self.rows], np.int64)

    @property
    def groups(self) -> IntArray:
        """Group ids (n,); all faces of a group are in the same split."""
        return np.array([row.group for row in self.rows], np.int64)

    @property
    def boxes(self) -> dict[int, tuple[int, Box]]:
        """Box version and box of each face, as they were when the dataset was collected."""
        return {row.face_id: (row.box_version, row.box) for row in self.rows}

    def where(self, *splits: str) -> BoolArray:
        """A mask (n,) of the rows that are in one of `splits`."""
        return np.array([row.split in splits for row in self.rows], bool)

    def face_ids(self, rows: BoolArray) -> list[int]:
        """Ids of the faces that the mask (n,) chooses."""
        return [self.rows[i].face_id for i in np.flatnonzero(rows)]

    def manifest(self) -> bytes:
        """The dataset as canonical JSON: the same dataset always gives the same bytes."""
        rows = [list(astuple(row)) for row in self.rows]
        text = json.dumps({"classes": self.classes, "rows": rows}, separators=(",", ":"), ensure_ascii=False)
        return text.encode()

    @classmethod
    def from_manifest(cls, manifest: bytes) -> "Dataset":
        """The dataset that a manifest lists."""
        content = json.loads(manifest)
        rows = (replace(Row(*row), box=tuple(row[5])) for row in content["rows"])
        return cls(tuple(rows), tuple(content["classes"]))

    def without(self, face_ids: Container[int]) -> "Dataset":
        """The same dataset without these faces."""
        return replace(self, rows=tuple(row for row in self.rows if row.face_id not in face_ids))


def collect(session: Session, classes: tuple[str, ...]) -> Dataset:
    """The faces of TRAINABLE with a label of `classes` on photos that are ready, by id."""
    query = (
        select(Face, Group.split, Group.id.label("group"), Photo.person_id)
        .join(Photo, Photo.id == Face.photo_id)
        .join(Group, Group.id == Photo.group_id)
        .where(*TRAINABLE, Face.label.in_(classes), Photo.status == "ready")
        .order_by(Face.id)
    )
    rows = session.execute(query).all()
    return Dataset(tuple(_row(*row) for row in rows), classes)


def _row(face: Face, split: str, group: int, person: int | None) -> Row:
    label = str(face.label)
    return Row(face.id, face.box_version, label, split, group, face.box, person, face.source, face.confidence)


def label_counts(session: Session) -> dict[str, int]:
    """The number of labelled faces of each class, without the locked set."""
    query = (
        select(Face.label, func.count())
        .join(Photo, Photo.id == Face.photo_id)
        .join(Group, Group.id == Photo.group_id)
        .where(*TRAINABLE, NOT_LOCKED)
        .group_by(Face.label)
    )
    return {str(label): count for label, count in session.execute(query)}
