"""Boxes: whether one fits its photo, and which photos have all of their boxes."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from db.base import Unindexed
from db.counters import COUNTED
from db.models import READY, Face, Person, Photo
from db.session import take_write_lock
from labeller.errors import BadAnswer
from labeller.photos.box import Box
from labeller.queue import leases
from labeller.queue.next_faces import ROUNDS

SMALLEST_BOX = 4.0
"""Shortest side of a box, in pixels of the photo."""
COMPLETE: ColumnElement[bool] = and_(Photo.completed_at.is_not(None), READY)
"""Photos in which somebody says that every face has its box."""
REAL_FACE: ColumnElement[bool] = or_(
    Unindexed(Face.state) == "confirmed", and_(Face.source == "human", Unindexed(Face.state) == "proposed")
)
"""Boxes that people say are faces: labelled, or drawn by a person and not rejected."""
_INCOMPLETE = and_(Photo.completed_at.is_(None), READY)
MOST_PHOTOS = 300
"""Complete photos by which detectors are judged, the newest ones: the report stays within 0.1 s."""


def check_box(box: Box, photo: Photo) -> None:
    """Raises BadAnswer unless the box (x, y, w, h) lies in the photo and is large enough to be a face."""
    x, y, w, h = box
    inside = x >= 0 and y >= 0 and x + w <= photo.width + 0.5 and y + h <= photo.height + 0.5
    if not inside or w < SMALLEST_BOX or h < SMALLEST_BOX:
        hint = f"The photo is {photo.width} × {photo.height}; a side is at least {SMALLEST_BOX:.0f} pixels."
        raise BadAnswer("bad_box", "The box lies outside the photo or is too small.", hint)


def detected(session: Session) -> list[tuple[int, int, bool]]:
    """(group, photo, whether the detector found it) of the real faces on the newest complete photos."""
    newest = select(Photo.id, Photo.group_id).where(COMPLETE).order_by(Photo.id.desc()).limit(MOST_PHOTOS)
    photos = newest.subquery()
    query = select(photos.c.group_id, photos.c.id, Face.source != "human")
    query = query.join(Face, Face.photo_id == photos.c.id).where(REAL_FACE)
    return sorted(session.execute(query).tuples())  # to order them, SQLite would go through all faces


def take_next_incomplete(session: Session, person: Person, after: int) -> int | None:
    """The id of the next incomplete photo after `after`, else of the first; None if none is left.

    Its faces are leased to the person. Photos whose faces others hold come only when no other is left.
    """
    take_write_lock(session)
    held = exists().where(Face.photo_id == Photo.id, leases.held_by_others(person))
    incomplete = select(Photo.id).where(_INCOMPLETE).order_by(Photo.id).limit(1)
    parts = [incomplete.where(Photo.id > after), incomplete.where(Photo.id <= after)]
    free = [one.where(~held).with_for_update(of=Photo, key_share=True, skip_locked=True) for one in parts]
    for _ in range(ROUNDS):
        if (photo_id := _first(session, free)) is None:
            break
        faces = session.scalars(select(Face.id).where(Face.photo_id == photo_id)).all()
        if len(leases.take(session, person, faces, blind=False)) == len(faces):
            return photo_id
    return _first(session, parts)


def _first(session: Session, queries: Sequence[Select[int]]) -> int | None:
    """The first value that one of the queries finds, tried in their order."""
    return next((value for query in queries if (value := session.scalar(query)) is not None), None)


def count_incomplete(session: Session) -> int:
    """The number of photos not marked complete, counted up to COUNTED."""
    counted = select(Photo.id).where(_INCOMPLETE).limit(COUNTED).subquery()
    return session.scalar(select(func.count()).select_from(counted)) or 0
