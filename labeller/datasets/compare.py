"""Two versions side by side: which faces were added, removed, relabelled or moved, or changed their split."""

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from db import id_sets
from db.face_rows import BATCH_ROWS
from db.frozen_sets import rows_with
from db.id_sets import Ids
from db.models import DatasetVersion, Face, FrozenFace, FrozenPhoto

Kind = Literal["added", "removed", "relabelled", "moved", "split"]
KINDS: tuple[Kind, ...] = ("added", "removed", "relabelled", "moved", "split")
MOST_KEPT = 8
"""Comparisons that are kept, each some MB at most."""


@dataclass(frozen=True)
class Differences:
    """Ids of faces, ascending, by what became of them from the first version to the second.

    A face may be relabelled, moved and change its split at once. `same` is the number of all others in both.
    """

    faces: Mapping[Kind, Sequence[int]]
    same: int


@dataclass(frozen=True)
class FaceThen:
    """A face as a version has it."""

    box: tuple[float, float, float, float]
    state: str
    class_id: int | None
    split: str


@dataclass(frozen=True)
class Changed:
    """A face that differs; None: the version does not have it."""

    face: Face
    before: FaceThen | None
    after: FaceThen | None


_kept: OrderedDict[Any, Differences] = OrderedDict()
_guard = threading.Lock()


def compare(session: Session, first: DatasetVersion, second: DatasetVersion) -> Differences:
    """What differs. Kept for the next page of the same comparison; what is erased is in neither version."""
    key = tuple((one.id, one.created_at, one.faces_gone, one.photos_gone) for one in (first, second))
    with _guard:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    found = _compare(session, first, second)
    with _guard:
        _kept[key] = found
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return found


def page(face_ids: Sequence[int], cursor: int, limit: int) -> tuple[Sequence[int], int | None]:
    """The ids after `cursor`, at most `limit`, and the cursor of the page after them."""
    start = bisect_right(face_ids, cursor)
    shown = face_ids[start : start + limit]
    return shown, shown[-1] if start + limit < len(face_ids) else None


def details(
    session: Session, first: DatasetVersion, second: DatasetVersion, face_ids: Sequence[int]
) -> list[Changed]:
    """How these faces are in both versions, by id; without those erased meanwhile."""
    query = select(Face).where(Face.id.in_(face_ids)).options(joinedload(Face.photo)).order_by(Face.id)
    faces = list(session.scalars(query))
    before, after = (_then(session, version, faces) for version in (first, second))
    return [Changed(face, before.get(face.id), after.get(face.id)) for face in faces]


def _compare(session: Session, first: DatasetVersion, second: DatasetVersion) -> Differences:
    one, other = (id_sets.unpack(version.face_ids) for version in (first, second))
    before = _states(session, _only_in(one, other))
    after = _states(session, _only_in(other, one))
    in_both = before.keys() & after.keys()
    faces: dict[Kind, Sequence[int]] = {
        "added": sorted(after.keys() - in_both),
        "removed": sorted(before.keys() - in_both),
        "relabelled": sorted(id for id in in_both if before[id][4:] != after[id][4:]),
        "moved": sorted(id for id in in_both if before[id][:4] != after[id][:4]),
        "split": sorted(_with_other_split(session, first, second)),
    }
    changed = {id for kind in ("relabelled", "moved", "split") for id in faces[kind]}
    shared = first.faces - first.faces_gone - len(faces["removed"])
    return Differences(faces, shared - len(changed))


def _only_in(ids: Ids, others: Ids) -> Ids:
    return np.setdiff1d(ids, others, assume_unique=True)


def _states(session: Session, ids: Ids) -> dict[int, tuple[Any, ...]]:
    """By face, its box, state and class in these rows."""
    columns = (FrozenFace.x, FrozenFace.y, FrozenFace.w, FrozenFace.h, FrozenFace.state, FrozenFace.class_id)
    query = select(FrozenFace.id, FrozenFace.face_id, *columns)
    return {row[1]: tuple(row[2:]) for row in rows_with(session, query, FrozenFace.id, ids)}


def _with_other_split(session: Session, first: DatasetVersion, second: DatasetVersion) -> set[int]:
    """The faces in both versions on photos that the two use for different purposes."""
    photos = [id_sets.unpack(version.photo_ids) for version in (first, second)]
    query = select(FrozenPhoto.id, FrozenPhoto.photo_id, FrozenPhoto.split)
    before, after = (
        {row[1]: row[2] for row in rows_with(session, query, FrozenPhoto.id, _only_in(own, others))}
        for own, others in (photos, photos[::-1])
    )
    changed = sorted(id for id in before.keys() & after.keys() if before[id] != after[id])
    faces = [set(id_sets.unpack(version.face_ids).tolist()) for version in (first, second)] if changed else []
    found: tuple[set[int], ...] = (set(), set())
    for start in range(0, len(changed), BATCH_ROWS):
        on = Face.photo_id.in_(changed[start : start + BATCH_ROWS])
        rows = select(FrozenFace.id, FrozenFace.face_id).join(Face, Face.id == FrozenFace.face_id).where(on)
        for id, face_id in session.execute(rows).tuples():
            for ids, of_version in zip(faces, found, strict=True):
                if id in ids:
                    of_version.add(face_id)
    return found[0] & found[1]


def _then(session: Session, version: DatasetVersion, faces: Sequence[Face]) -> dict[int, FaceThen]:
    """The faces as the version has them, by id."""
    face_rows = select(FrozenFace).where(FrozenFace.face_id.in_([face.id for face in faces]))
    photo_rows = select(FrozenPhoto).where(FrozenPhoto.photo_id.in_([face.photo_id for face in faces]))
    in_version = set(id_sets.unpack(version.photo_ids).tolist())
    splits = {row.photo_id: row.split for row in session.scalars(photo_rows) if row.id in in_version}
    photo_of, in_version = (
        {face.id: face.photo_id for face in faces},
        set(id_sets.unpack(version.face_ids).tolist()),
    )
    return {
        row.face_id: FaceThen(
            (row.x, row.y, row.w, row.h), row.state, row.class_id, splits[photo_of[row.face_id]]
        )
        for row in session.scalars(face_rows)
        if row.id in in_version
    }
