"""Exports end when something in them is deleted: what stays in a copy is not erased."""

from collections.abc import Iterable

import numpy as np
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from db import blob_hold, id_sets
from db.models import Export
from db.session import take_lock

LOCK = 0x5EC10
"""Key of the lock between marking something for deletion and finishing an export that may hold it; an
arbitrary number used for nothing else."""
HAS_FILE = Export.file.is_not(None)
HOLDS_PEOPLE = "archive"
"""The format that holds people also if no photo of theirs is there."""


def end_exports_with_photos(session: Session, photo_ids: Iterable[int]) -> None:
    """End the exports that hold one of the photos; their files go with the commit."""
    take_lock(session, LOCK)
    marked = np.fromiter(photo_ids, np.int64)
    for id, held in session.execute(select(Export.id, Export.photo_ids).where(HAS_FILE)).tuples().all():
        if held is not None and np.isin(marked, id_sets.unpack(held)).any():
            _end(session, Export.id == id)


def end_exports_with_people(session: Session) -> None:
    """End the exports that may name a person without a photo of theirs."""
    take_lock(session, LOCK)
    _end(session, or_(Export.names, Export.format == HOLDS_PEOPLE))


def _end(session: Session, condition: ColumnElement[bool]) -> None:
    ended = select(Export.file).where(HAS_FILE, condition)
    files = session.scalars(ended).all()
    blob_hold.delete_blobs(session, [file for file in files if file])
    gone = update(Export).where(HAS_FILE, condition)
    values = {"file": None, "gone": "erased", "photo_ids": None}
    session.execute(gone.values(values), execution_options={"synchronize_session": False})
