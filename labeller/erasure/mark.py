"""Marking photos and people for deletion. From the commit on nobody sees them; `finish` removes them."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import ColumnElement, CursorResult, exists, func, or_, select, update
from sqlalchemy.orm import Session

from db import kept_replies, tasks
from db.base import now
from db.errors import Forbidden
from db.models import SHOWN, Clip, Event, Face, Person, Photo
from labeller.erasure.clips import delete_clips
from labeller.erasure.exports import end_exports_with_people, end_exports_with_photos
from labeller.erasure.imports import forget_in_reports
from labeller.errors import BadAnswer
from labeller.photos.access import visible_photo

UNDO_SECONDS = 30


def mark_photos(
    session: Session, condition: ColumnElement[bool], by: Person | None, undo_seconds: float = 0
) -> list[int]:
    """Mark photos for deletion and return the ids of those that were not marked before.

    For `undo_seconds` they can be restored. `by` is None for deletion by the retention period.
    """
    until = now() + timedelta(seconds=undo_seconds)
    marked = update(Photo).where(condition, SHOWN).returning(Photo.id)
    ids = sorted(session.scalars(marked.values(status="erasing", owner=None, erase_at=until)))
    if ids:
        end_exports_with_photos(session, ids)
        kept_replies.forget_bodies(session)
        session.add(Event(kind="photos_erased", person_id=by.id if by else None, detail={"photos": ids}))
        tasks.enqueue_erasure(session)
    return ids


def mark_photo(session: Session, photo_id: int, by: Person) -> Photo:
    """Mark one photo on behalf of `by`. Raises NotFound, and Forbidden for a labeller who did not send it."""
    photo = visible_photo(session, photo_id, by)
    if by.role == "labeller" and photo.uploaded_by != by.id:
        raise Forbidden("not_yours", "Only the owner and who sent a photo may delete it.")
    mark_photos(session, Photo.id == photo_id, by)
    return photo


def restore_photos(session: Session, photo_ids: Iterable[int]) -> int:
    """Restore marked photos whose time to undo has not run out; returns how many."""
    marked = Photo.id.in_(photo_ids), Photo.status == "erasing", Photo.erase_at > now()
    has_faces = exists().where(Face.photo_id == Photo.id)
    count = 0
    for condition, status in ((has_faces, "ready"), (~has_faces, "queued")):
        restored = update(Photo).where(*marked, condition)
        restored = restored.values(status=status, erase_at=None, sent_at=None)
        result = session.execute(restored, execution_options={"synchronize_session": False})
        assert isinstance(result, CursorResult)
        count += result.rowcount
    return count


def mark_person(session: Session, person: Person, by: Person | None) -> None:
    """Mark a person, and whoever was merged into them, with all photos.

    Raises BadAnswer for the last owner.
    """
    others = Person.role == "owner", Person.id != person.id, Person.erasing_at.is_(None)
    not_merged = Person.merged_into_id.is_(None)
    if person.role == "owner" and not session.scalar(select(func.count()).where(*others, not_merged)):
        raise BadAnswer(
            "last_owner",
            "The last owner cannot be deleted.",
            "Invite another owner first, or delete the data folder.",
        )
    family = or_(Person.id == person.id, Person.merged_into_id == person.id)
    session.execute(update(Person).where(family).values(erasing_at=now()))
    kept_replies.forget_bodies(session)
    mark_photos(session, Photo.person_id == person.id, by)
    delete_clips(session, Clip.person_id == person.id)
    end_exports_with_people(session)
    forget_in_reports(session, person)
    session.add(Event(kind="person_erased", person_id=by.id if by else None, detail={}))
    tasks.enqueue_erasure(session)
