"""The dataset of a run on a version: its frozen boxes, labels and splits, as far as they may be used now."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import id_sets
from db.classes import Classes
from db.frozen_sets import FaceState, rows_with
from db.models import READY, SPLITS, DatasetVersion, Face, FrozenFace, FrozenPhoto, Group, Photo, Run
from trainer.data.dataset import Dataset, Row
from trainer.errors import NotFound


@dataclass(frozen=True)
class VersionData:
    """What a version has, as far as it may be used now."""

    dataset: Dataset
    opened: int
    """Faces left out, since they are locked in the version and not locked now."""
    locked: int
    """Faces that are for training in the version and locked now, so that they are measured on."""


def get_version(session: Session, version_id: int) -> DatasetVersion:
    """The version. Raises NotFound."""
    if (version := session.get(DatasetVersion, version_id)) is None:
        raise NotFound("no_such_version", "There is no such version.", "Look under Versions.")
    return version


def label_counts(version: DatasetVersion, current: Classes) -> dict[str, int]:
    """How many faces of each class it has to learn from, by the names of now."""
    counts: dict[str, int] = {}
    for class_id, count in version.labels.items():
        name = current.resolve(current.own_names[int(class_id)])
        if name is not None:
            counts[name] = counts.get(name, 0) + count
    return counts


def collect(session: Session, run: Run, current: Classes) -> VersionData:
    """The labelled faces of the run's version, by id, without those erased since.

    What a face may be used for follows its group of now, so that no person is on two sides. A group that is
    locked now is measured on, whatever the version says. Faces that are locked in the version and open now
    are left out: their group is learned from, so they prove nothing. A group that has photos for training and
    photos for validation in the version is for training.
    """
    version = session.get_one(DatasetVersion, run.version_id)
    rows = [pair for pair in _rows(session, version, current) if pair[0].label in run.classes]
    then: dict[int, set[str]] = {}
    for row, _ in rows:
        then.setdefault(row.group, set()).add(row.split)
    used, opened, locked = [], 0, 0
    for row, split_now in rows:
        if split_now == "locked":
            locked += row.split != "locked"
            used.append(replace(row, split="locked"))
        elif row.split == "locked":
            opened += 1
        else:
            used.append(replace(row, split=min(then[row.group], key=SPLITS.index)))
    used.sort(key=lambda row: row.face_id)
    return VersionData(Dataset(tuple(used), tuple(run.classes)), opened, locked)


def _rows(session: Session, version: DatasetVersion, current: Classes) -> Iterator[tuple[Row, str]]:
    """The trainable faces of the version with its splits, and the split of each now."""
    photos = select(FrozenPhoto.id, FrozenPhoto.photo_id, FrozenPhoto.split)
    frozen = rows_with(session, photos, FrozenPhoto.id, id_sets.unpack(version.photo_ids))
    splits = {photo_id: split for _, photo_id, split in frozen}
    states = [getattr(FrozenFace, name) for name in FaceState._fields]
    now = (Photo.id, Photo.group_id, Photo.person_id, Photo.tried_run_id, Face.source, Face.confidence)
    query = select(FrozenFace.id, *states, *now, Group.split).join(Face, Face.id == FrozenFace.face_id)
    query = query.join(Photo, Photo.id == Face.photo_id).join(Group, Group.id == Photo.group_id).where(READY)
    ids = _ids_now(current)
    for found in rows_with(session, query, FrozenFace.id, id_sets.unpack(version.face_ids)):
        _, *values = found
        state, rest = FaceState(*values[: len(states)]), values[len(states) :]
        label = ids.get(state.class_id or 0)
        if state.is_trainable and label is not None:
            photo, group, person, tried, source, confidence, split_now = rest
            of_face = state.face_id, state.box_version, label, splits[photo], group, state.box
            yield Row(*of_face, person, photo, source, confidence, tried is not None), split_now


def _ids_now(current: Classes) -> dict[int, int]:
    """By the id that a class had then, the id of the class that it counts as now; without retired ones."""
    names = {id: current.resolve(name) for id, name in current.own_names.items()}
    return {id: current.ids[name] for id, name in names.items() if name is not None and name in current.ids}
