"""A version as the source of an export: photos, boxes, labels and splits as they were frozen.

People and tags are those of now, and so are classes' names. What was erased since is in no version.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from db import classes, id_sets
from db.models import SHOWN, DatasetVersion, Face, FrozenFace, FrozenPhoto, Photo
from labeller.datasets import versions
from labeller.exports.sources import PHOTOS_AT_ONCE, SourcePhoto, as_state, tags_of
from labeller.formats.records import FaceRecord

Members = NDArray[np.bool_]
"""By the id of a frozen row, whether the version has it."""


@dataclass(frozen=True)
class Frozen:
    """The photos and faces of a version."""

    version_id: int

    def count(self, session: Session) -> int:
        version = versions.get_version(session, self.version_id)
        return version.photos - version.photos_gone

    def photos(self, session: Session) -> Iterator[SourcePhoto]:
        """Raises NotFound."""
        versions.get_version(session, self.version_id)
        packed = undefer(DatasetVersion.photo_ids), undefer(DatasetVersion.face_ids)
        query = select(DatasetVersion).where(DatasetVersion.id == self.version_id).options(*packed)
        version = session.scalars(query.execution_options(populate_existing=True)).one()
        photos, faces = _members(version.photo_ids), _members(version.face_ids)
        names = classes.read(session)
        labels = {id: name for id, name in names.shown_as.items() if name in names.names}
        after = 0
        while rows := _states(session, after):
            after = rows[-1].photo_id
            chosen = {row.photo_id: row for row in rows if _has(photos, row.id)}
            read = list(_read(session, chosen, faces, labels))
            session.expunge_all()
            session.rollback()  # whoever writes slowly holds no connection
            yield from read


def _members(packed: bytes) -> Members:
    ids = id_sets.unpack(packed)
    members = np.zeros(int(ids.max(initial=0)) + 1, bool)
    members[ids] = True
    return members


def _has(members: Members, id: int) -> bool:
    return id < len(members) and bool(members[id])


def _states(session: Session, after: int) -> list[FrozenPhoto]:
    """All states of the next photos, by photo."""
    later = select(FrozenPhoto.photo_id).where(FrozenPhoto.photo_id > after).distinct()
    ids = session.scalars(later.order_by(FrozenPhoto.photo_id).limit(PHOTOS_AT_ONCE)).all()
    query = select(FrozenPhoto).where(FrozenPhoto.photo_id.in_(ids))
    return list(session.scalars(query.order_by(FrozenPhoto.photo_id)))


def _read(
    session: Session, chosen: dict[int, FrozenPhoto], members: Members, labels: dict[int, str]
) -> Iterator[SourcePhoto]:
    tags = tags_of(session, list(chosen))
    query = select(FrozenFace, Face.photo_id, Face.source, Face.confidence)
    query = query.join(Face, Face.id == FrozenFace.face_id).where(Face.photo_id.in_(chosen))
    of_photo: dict[int, list[tuple[FrozenFace, str, float | None]]] = {}
    for face, photo_id, source, confidence in session.execute(query.order_by(FrozenFace.face_id)).tuples():
        if _has(members, face.id):
            of_photo.setdefault(photo_id, []).append((face, source, confidence))
    photos = select(Photo).where(Photo.id.in_(chosen), SHOWN).order_by(Photo.id)
    for photo in session.scalars(photos.execution_options(populate_existing=True)):
        faces, on = of_photo.get(photo.id, []), tags.get(photo.id, {})
        records = [
            _record(face, source, confidence, labels, on.get(face.face_id, ()))
            for face, source, confidence in faces
        ]
        state = chosen[photo.id]
        yield SourcePhoto(
            photo,
            tuple(records),
            tuple(face.face_id for face, _, _ in faces),
            state.split,
            state.complete or any(record.state != "proposed" for record in records),
            tuple(index for index, (face, _, _) in enumerate(faces) if face.disputed),
            on.get(0, ()),
        )


def _record(
    face: FrozenFace, source: str, confidence: float | None, labels: dict[int, str], tags: tuple[str, ...]
) -> FaceRecord:
    state = as_state(face.state, source)
    label = labels.get(face.class_id or 0) if state == "confirmed" else None
    return FaceRecord((face.x, face.y, face.w, face.h), label, state, confidence, source, tags)
