"""The labelled faces of a run, and the manifest that lists them. Classes are ids: their names may change."""

import json
from collections.abc import Container, Sequence
from dataclasses import astuple, dataclass, replace

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import counters
from db.classes import Classes
from db.counters import COUNTED
from db.models import NOT_LOCKED, READY, Face, Group, Photo
from trainer.arrays import BoolArray, Box, IntArray
from trainer.errors import NoModel

TRAINABLE = (Face.state == "confirmed", Face.disputed.is_(False))
"""Faces to train and measure on: confirmed ones that people do not disagree about."""
CHOOSABLE = (
    READY,
    NOT_LOCKED,
    Face.state == "proposed",
    Face.decided_at.is_(None),
)
"""Undecided faces that may be chosen for an answer."""
MANIFEST_VERSION = 2
"""Version 1 held names of classes."""
LIKELY_FACE = (Face.doubtful.is_(False), Face.hidden.is_(False))
"""Detections that are almost certainly faces; control faces and the count of labels saved use only these."""


@dataclass(frozen=True)
class Row:
    """A labelled face.

    `label` is the id of its class, `group` that of its person or near-duplicate group; `person` is None if
    nobody said who is in the `photo`.
    """

    face_id: int
    box_version: int
    label: int
    split: str
    group: int
    box: Box
    person: int | None
    photo: int
    source: str
    confidence: float | None
    tried: bool = False
    """Whether its photo was kept after a model was tried on it; manifests of earlier versions do not say."""


@dataclass(frozen=True)
class Dataset:
    """Labelled faces and the ids of their classes."""

    rows: tuple[Row, ...]
    classes: tuple[int, ...]

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

    def size(self, rows: BoolArray) -> dict[str, int]:
        """Of the rows that the mask (n,) chooses: n, people, and photos without a person."""
        chosen = [self.rows[i] for i in np.flatnonzero(rows)]
        return {
            "n": len(chosen),
            "people": len({row.person for row in chosen if row.person is not None}),
            "photos_without_person": len({row.photo for row in chosen if row.person is None}),
        }

    def manifest(self) -> bytes:
        """The dataset as canonical JSON: the same dataset always gives the same bytes."""
        rows = [list(astuple(row)) for row in self.rows]
        content = {"version": MANIFEST_VERSION, "classes": self.classes, "rows": rows}
        return json.dumps(content, separators=(",", ":")).encode()

    @classmethod
    def from_manifest(cls, manifest: bytes) -> "Dataset":
        """The dataset that a manifest lists. Raises NoModel for one of an older version."""
        content = json.loads(manifest)
        if content.get("version") != MANIFEST_VERSION:
            message = "This run was made by an older version, which computed its figures in another way."
            raise NoModel("older_version", message, "Train again, and replay that run.")
        rows = (replace(Row(*row), box=tuple(row[5])) for row in content["rows"])
        return cls(tuple(rows), tuple(content["classes"]))

    def without(self, face_ids: Container[int]) -> "Dataset":
        """The same dataset without these faces."""
        return replace(self, rows=tuple(row for row in self.rows if row.face_id not in face_ids))


def collect(session: Session, class_ids: Sequence[int], current: Classes) -> Dataset:
    """The faces of TRAINABLE with a label of these classes on photos that are ready, by id."""
    ids = {name: id for name, id in current.ids.items() if id in class_ids}
    query = (
        select(Face, Photo, Group.split)
        .join(Photo, Photo.id == Face.photo_id)
        .join(Group, Group.id == Photo.group_id)
        .where(*TRAINABLE, Face.label.in_(ids), READY)
        .order_by(Face.id)
    )
    rows = session.execute(query).all()
    return Dataset(tuple(_row(*row, ids[str(row[0].label)]) for row in rows), tuple(class_ids))


def _row(face: Face, photo: Photo, split: str, label: int) -> Row:
    return Row(
        face.id,
        face.box_version,
        label,
        split,
        photo.group_id,
        face.box,
        photo.person_id,
        photo.id,
        face.source,
        face.confidence,
        photo.tried_run_id is not None,
    )


def groups_of(session: Session, face_ids: Sequence[int]) -> dict[int, int]:
    """The group of each face's photo, by face."""
    query = select(Face.id, Photo.group_id).join(Photo, Photo.id == Face.photo_id)
    return dict(session.execute(query.where(Face.id.in_(face_ids))).tuples().all())


def existing_photos(session: Session, data: Dataset, usable: Dataset) -> list[int]:
    """The photos, not deleted meanwhile, of the rows of `data` that are not in `usable`."""
    kept = {row.face_id for row in usable.rows}
    left_out = {row.photo for row in data.rows if row.face_id not in kept}
    query = select(Photo.id).where(Photo.id.in_(left_out), READY).order_by(Photo.id)
    return list(session.scalars(query))


def label_counts(session: Session) -> dict[str, int]:
    """The number of labelled faces of each class, without the locked set, each counted up to COUNTED."""
    query = select(Face.id).join(Photo, Photo.id == Face.photo_id).join(Group, Group.id == Photo.group_id)
    query = query.where(*TRAINABLE, NOT_LOCKED)
    counts = {}
    for label in counters.totals(session, "labels"):
        counted = query.where(Face.label == label).limit(COUNTED).subquery()
        counts[label] = session.scalar(select(func.count()).select_from(counted)) or 0
    return {label: count for label, count in counts.items() if count}
