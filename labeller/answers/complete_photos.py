"""Marking photos as complete: every face has its box, and no box that is shown is undecided."""

from sqlalchemy.orm import Session

from db.base import now
from db.models import Event, Person, Photo
from labeller.answers.batches import BatchAnswer, record_batch
from labeller.errors import BoxesLeft


def complete(session: Session, photo: Photo, person: Person, *, reject_left: bool = False) -> None:
    """Mark that every face of the photo has its box. Idempotent.

    Proposals that nobody has answered are recorded as no faces if `reject_left`. Raises BoxesLeft if there
    are any and it is not set.
    """
    left = [face.id for face in photo.faces if face.undecided and face.offered]
    if left and not reject_left:
        raise BoxesLeft(len(left))
    record_batch(session, person, left, BatchAnswer("reject", None, now()))
    if photo.completed_at is None:
        photo.completed_at, photo.completed_by = now(), person.id
        session.add(Event(kind="photo_completed", person_id=person.id, detail={"photo": photo.id}))


def reopen(session: Session, photo: Photo, person: Person) -> None:
    """Take the mark back. Idempotent."""
    if photo.completed_at is not None:
        photo.completed_at = photo.completed_by = None
        session.add(Event(kind="photo_reopened", person_id=person.id, detail={"photo": photo.id}))
