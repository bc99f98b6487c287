"""Boxes: what fits a photo, and when a photo has all of its boxes."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.base import now
from db.models import Event, Face, Person, Photo
from labeller.errors import BadAnswer

Box = tuple[float, float, float, float]
SMALLEST_BOX = 4.0
_INCOMPLETE = (Photo.status == "ready", Photo.completed_at.is_(None))


def check_box(box: Box, photo: Photo) -> None:
    """Raises BadAnswer unless the box (x, y, w, h) lies in the photo and is large enough to be a face."""
    x, y, w, h = box
    inside = x >= 0 and y >= 0 and x + w <= photo.width + 0.5 and y + h <= photo.height + 0.5
    if not inside or w < SMALLEST_BOX or h < SMALLEST_BOX:
        hint = f"The photo is {photo.width} × {photo.height}; a side is at least {SMALLEST_BOX:.0f} pixels."
        raise BadAnswer("bad_box", "The box lies outside the photo or is too small.", hint)


def complete(session: Session, photo: Photo, person: Person, *, is_complete: bool) -> None:
    """Say that every face of the photo has its box, or take that back. Saying it twice changes nothing."""
    if is_complete == (photo.completed_at is not None):
        return
    photo.completed_at = now() if is_complete else None
    photo.completed_by = person.id if is_complete else None
    kind = "photo_completed" if is_complete else "photo_reopened"
    session.add(Event(kind=kind, person_id=person.id, detail={"photo": photo.id}))


def found_of_all(session: Session) -> tuple[int, int, int]:
    """On complete photos: faces that the detector found, all faces that are there, and the photos."""
    complete = Photo.completed_at.is_not(None), Photo.status == "ready"
    there = select(Face.source, func.count()).join(Photo).where(*complete)
    real = (Face.state == "confirmed") | ((Face.source == "human") & (Face.state == "proposed"))
    faces = dict(session.execute(there.where(real).group_by(Face.source)).tuples().all())
    photos = session.scalar(select(func.count(Photo.id)).where(*complete)) or 0
    return faces.get("mtcnn", 0), sum(faces.values()), photos


def next_incomplete(session: Session, after: int) -> int | None:
    """The first photo behind `after` that nobody called complete; else the first of all."""
    open_ = select(func.min(Photo.id)).where(*_INCOMPLETE)
    return session.scalar(open_.where(Photo.id > after)) or session.scalar(open_)


def count_incomplete(session: Session) -> int:
    return session.scalar(select(func.count(Photo.id)).where(*_INCOMPLETE)) or 0
