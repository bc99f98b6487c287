"""Exports end when something in them is deleted: what stays in a copy is not erased."""

from collections.abc import Iterable

import numpy as np
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from db import blob_hold
from db.models import Export
from db.session import take_lock

LOCK = 0x5EC10
"""Key of the lock between marking something for deletion and finishing an export that may hold it; an
arbitrary number used for nothing else."""
ID_TYPE = "<u4"
HOLDS_PEOPLE = "archive"
"""The format that holds people also if no photo of theirs is there."""


def packed(photo_ids: Iterable[int]) -> bytes:
    """The ids as `Export.photo_ids` holds them."""
    return np.fromiter(photo_ids, ID_TYPE).tobytes()


def end_exports_with_photos(session: Session, photo_ids: Iterable[int]) -> None:
    """End the exports that hold one of the photos; their files go with the commit."""
    take_lock(session, LOCK)
    marked = np.fromiter(photo_ids, ID_TYPE)
    ids = session.scalars(select(Export.id).where(Export.file.is_not(None))).all()
    for id in ids:  # one at a time: the ids of 100,000 photos take 400 kB
        held = session.scalar(select(Export.photo_ids).where(Export.id == id)) or b""
        if np.isin(marked, np.frombuffer(held, ID_TYPE)).any():
            _end(session, Export.id == id)


def end_exports_with_people(session: Session) -> None:
    """End the exports that may name a person without a photo of theirs."""
    take_lock(session, LOCK)
    _end(session, or_(Export.names, Export.format == HOLDS_PEOPLE))


def _end(session: Session, condition: ColumnElement[bool]) -> None:
    ended = select(Export.file).where(Export.file.is_not(None), condition)
    files = session.scalars(ended).all()
    blob_hold.delete_blobs(session, [file for file in files if file])
    gone = update(Export).where(Export.file.is_not(None), condition)
    values = {"file": None, "gone": "erased", "photo_ids": None}
    session.execute(gone.values(values), execution_options={"synchronize_session": False})
