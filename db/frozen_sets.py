"""Freezing photos and faces as they are, and reading what a version froze.

A state of a face is a row that all versions share in which the face was in that state, and a version is a set
of such rows. So the second version of 100,000 faces takes some kB, and what is erased goes from all at once.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Session, undefer

from db import id_sets
from db.face_rows import BATCH_ROWS, covers_ids, insert_for_faces
from db.id_sets import Ids
from db.models import DatasetVersion, FrozenFace, FrozenPhoto, Photo
from db.session import take_lock
from db.texts import number_of

LOCK = 0x5EC11
"""Key of the lock on freezing; an arbitrary number used for nothing else."""


class PhotoState(NamedTuple):
    """The columns of a `FrozenPhoto`, without its id."""

    photo_id: int
    split: str
    complete: bool


class FaceState(NamedTuple):
    """The columns of a `FrozenFace`, without its id."""

    face_id: int
    x: float
    y: float
    w: float
    h: float
    box_version: int
    state: str
    class_id: int | None
    disputed: bool

    @property
    def box(self) -> tuple[float, float, float, float]:
        return (self.x, self.y, self.w, self.h)

    @property
    def is_trainable(self) -> bool:
        """As `trainer.data.dataset.TRAINABLE`, with a label."""
        return self.state == "confirmed" and self.class_id is not None and not self.disputed


def freeze(
    session: Session, photos: Sequence[PhotoState], faces: Sequence[FaceState], photo_of: dict[int, int]
) -> DatasetVersion:
    """A version of these states, not added to the session; `photo_of` has the photo of each face.

    What was erased since the states were read is left out.
    """
    lock(session)
    photo_rows = _rows_of(session, FrozenPhoto, photos)
    face_rows = _rows_of(session, FrozenFace, faces)
    splits = {state.photo_id: state.split for state in photos}
    trainable = [
        str(state.class_id)
        for state in face_rows
        if state.is_trainable and splits[photo_of[state.face_id]] != "locked"
    ]
    return DatasetVersion(
        photos=len(photo_rows),
        faces=len(face_rows),
        labels=dict(Counter(trainable)),
        splits=dict(Counter(state.split for state in photo_rows)),
        photo_ids=id_sets.pack(np.array(list(photo_rows.values()), np.int64)),
        face_ids=id_sets.pack(np.array(list(face_rows.values()), np.int64)),
    )


def lock(session: Session) -> None:
    """Keep others from freezing and from erasing photos until the commit.

    Whoever has changed rows of photos or answers takes it before that: those who erase wait for these rows.
    """
    take_lock(session, LOCK)


def _rows_of(session: Session, model: Any, states: Sequence[Any]) -> dict[Any, int]:
    """The id of the row of each state, added where there is none; without those whose photo is gone."""
    kind = type(states[0]) if states else tuple
    last = session.scalar(select(func.max(model.id))) or 0
    found = dict(_existing(session, model, kind, states))
    new = [state._asdict() for state in states if state not in found]
    if model is FrozenFace:
        insert_for_faces(session, model, new)
    else:
        _insert_photos(session, new)
    if new:
        query = select(*_columns(model, kind)).where(model.id > last)
        found |= {kind(*row[1:]): row[0] for row in session.execute(query)}
    return {state: found[state] for state in states if state in found}


def _existing(session: Session, model: Any, kind: Any, states: Sequence[Any]) -> Iterator[tuple[Any, int]]:
    of = model.face_id if model is FrozenFace else model.photo_id
    query, rest = select(*_columns(model, kind)), iter(states)
    while batch := list(islice(rest, BATCH_ROWS)):
        for row in session.execute(query.where(covers_ids(of, [state[0] for state in batch]))):
            yield kind(*row[1:]), row[0]


def _columns(model: Any, kind: Any) -> list[Any]:
    return [model.id, *(getattr(model, name) for name in kind._fields)]


def _insert_photos(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows of photos that are still there, and cannot be deleted until the commit."""
    rest = iter(rows)
    while batch := list(islice(rest, BATCH_ROWS)):
        query = select(Photo.id).where(covers_ids(Photo.id, [row["photo_id"] for row in batch]))
        locked = query.order_by(Photo.id).with_for_update(read=True, key_share=True)
        there = set(session.scalars(locked))
        session.execute(insert(FrozenPhoto), [row for row in batch if row["photo_id"] in there])


def rows_with(session: Session, query: Any, column: InstrumentedAttribute[int], ids: Ids) -> Iterator[Any]:
    """The rows of a query whose first column, the given one, is among the ids; in no order."""
    for start in range(0, len(ids), BATCH_ROWS):
        some = ids[start : start + BATCH_ROWS].tolist()
        wanted = set(some)
        yield from (row for row in session.execute(query.where(covers_ids(column, some))) if row[0] in wanted)


def drop_unused(session: Session) -> None:
    """Delete the states that no version has."""
    lock(session)
    for model, packed in ((FrozenPhoto, DatasetVersion.photo_ids), (FrozenFace, DatasetVersion.face_ids)):
        used = [id_sets.unpack(one) for one in session.scalars(select(packed))]
        there = np.array(session.scalars(select(model.id)).all(), np.int64)
        unused = np.setdiff1d(there, np.concatenate(used) if used else np.zeros(0, np.int64))
        for start in range(0, len(unused), BATCH_ROWS):
            some = unused[start : start + BATCH_ROWS].tolist()
            session.execute(
                delete(model).where(model.id.in_(some)), execution_options={"synchronize_session": False}
            )


def count_gone(session: Session, photo_id: int, face_ids: frozenset[int]) -> None:
    """Count in each version the photo, which is about to be deleted with its faces."""
    lock(session)
    photos = set(session.scalars(select(FrozenPhoto.id).where(FrozenPhoto.photo_id == photo_id)))
    faces = set(session.scalars(select(FrozenFace.id).where(FrozenFace.face_id.in_(face_ids))))
    if not photos:
        return
    packed = undefer(DatasetVersion.photo_ids), undefer(DatasetVersion.face_ids)
    versions = select(DatasetVersion).options(*packed)
    for version in session.scalars(versions.execution_options(populate_existing=True)):
        version.photos_gone += len(photos.intersection(id_sets.unpack(version.photo_ids).tolist()))
        version.faces_gone += len(faces.intersection(id_sets.unpack(version.face_ids).tolist()))


def find_problems(session: Session) -> Iterator[str]:
    """Describe each version that has not the number of faces that it says, in one line of text."""
    there = np.array(session.scalars(select(FrozenFace.id)).all(), np.int64)
    for version in session.scalars(select(DatasetVersion).options(undefer(DatasetVersion.face_ids))):
        found = len(np.intersect1d(id_sets.unpack(version.face_ids), there))
        if found != version.faces - version.faces_gone:
            faces = number_of(found, "face")
            yield f"version {version.id}: it has {faces}, not {version.faces - version.faces_gone}"
