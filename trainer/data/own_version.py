"""The version of what a run collected: without a name, shared by runs that collected the same."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import frozen_sets
from db.face_rows import BATCH_ROWS, covers_ids
from db.frozen_sets import FaceState, PhotoState
from db.models import DatasetVersion, Photo
from trainer.data.dataset import Dataset


def of_dataset(session: Session, data: Dataset) -> DatasetVersion:
    """The version with the faces of the dataset, which is new unless an earlier run made the same."""
    splits = {row.photo: row.split for row in data.rows}
    complete = _complete(session, sorted(splits))
    photos = [PhotoState(photo, split, photo in complete) for photo, split in splits.items()]
    faces = [
        FaceState(row.face_id, *row.box, row.box_version, "confirmed", row.label, False) for row in data.rows
    ]
    version = frozen_sets.freeze(session, photos, faces, {row.face_id: row.photo for row in data.rows})
    same = DatasetVersion.photo_ids == version.photo_ids, DatasetVersion.face_ids == version.face_ids
    made = session.scalar(select(DatasetVersion).where(DatasetVersion.name.is_(None), *same).limit(1))
    if made is not None:
        return made
    session.add(version)
    session.flush()
    return version


def _complete(session: Session, photo_ids: list[int]) -> set[int]:
    found: set[int] = set()
    for start in range(0, len(photo_ids), BATCH_ROWS):
        some = covers_ids(Photo.id, photo_ids[start : start + BATCH_ROWS])
        found.update(session.scalars(select(Photo.id).where(some, Photo.completed_at.is_not(None))))
    return found
