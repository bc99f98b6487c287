"""Taking photos in and taking them out again."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import jobs
from db.models import Event, Person, Photo, Prediction
from db.settings import settings
from db.storage import blobs
from labeller.decode import decode
from labeller.errors import BadAnswer, BadPhoto, NotFound, PhotoTooLarge
from labeller.repeats import group_for


@dataclass(frozen=True)
class Received:
    """`created` is False when these very bytes were here before."""

    photo: Photo
    created: bool


def receive(
    session: Session,
    data: bytes,
    uploaded_by: Person | None,
    person: Person | None = None,
    folder_label: str | None = None,
) -> Received:
    """Keep one photo and enqueue its proposals for after the commit.

    `person` is who is in it; None counts as a person of its own. Raises BadPhoto (nothing is kept).
    """
    check_size(data)
    if folder_label is not None and folder_label not in settings().classes:
        raise unknown_class(folder_label)
    digest = hashlib.sha256(data).hexdigest()
    if (known := _known(session, digest)) is not None:
        return Received(known, created=False)
    decoded = decode(data, settings().max_megapixels)
    photo = Photo(
        sha256=digest,
        blob=blobs().put(decoded.photo),
        view_blob=blobs().put(decoded.view),
        width=decoded.width,
        height=decoded.height,
        dhash=decoded.dhash,
        group=group_for(session, decoded.dhash, person),
        person=person,
        uploaded_by=uploaded_by.id if uploaded_by else None,
        folder_label=folder_label,
    )
    session.add(photo)
    try:
        jobs.submit(session, photo)
    except IntegrityError:  # the same bytes arrived twice at once, and the other was first
        session.rollback()
        if (known := _known(session, digest)) is None:
            raise
        return Received(known, created=False)
    return Received(photo, created=True)


def check_size(data: bytes) -> None:
    """Raises BadPhoto for an empty file and PhotoTooLarge for one over MAX_UPLOAD_MB."""
    if not data:
        raise BadPhoto("empty_file", "This file is empty.", "Choose the photo again.")
    limit = settings().max_upload_mb
    if len(data) > limit << 20:
        hint = f"The limit is {limit} MB. Send the photo in its normal size."
        raise PhotoTooLarge("file_too_large", "This file is too large.", hint)


def unknown_class(label: str) -> BadAnswer:
    known = ", ".join(settings().classes)
    hint = f"The classes are {known}. Set CLASSES to change them."
    return BadAnswer("unknown_class", f"There is no class “{label}”.", hint)


def get_photo(session: Session, photo_id: int) -> Photo:
    """The photo, or NotFound."""
    photo = session.get(Photo, photo_id)
    if photo is None:
        raise NotFound("no_such_photo", "There is no such photo.", "It may have been deleted.")
    return photo


def erase(session: Session, photo: Photo, by: Person) -> None:
    """Remove a photo and everything derived from it; faces, answers and scores go with the row."""
    for key in unused_blobs(session, photo.blob, photo.view_blob, but=photo.id):
        blobs().delete(key)  # before the row: killed in between, the deletion can be asked for again
    session.add(Event(kind="photo_erased", person_id=by.id, detail={"photo": photo.id}))
    session.delete(photo)


def unused_blobs(session: Session, *keys: str, but: int | None = None) -> set[str]:
    """Which of `keys` nothing uses, the photo of id `but` left out: equal pixels share a blob."""
    used: set[str] = set()
    for model in (Photo, Prediction):
        query = select(model.blob, model.view_blob).where(
            or_(model.blob.in_(keys), model.view_blob.in_(keys))
        )
        if model is Photo and but is not None:
            query = query.where(Photo.id != but)
        used.update(key for row in session.execute(query) for key in row)
    return set(keys) - used


def _known(session: Session, digest: str) -> Photo | None:
    return session.scalar(select(Photo).where(Photo.sha256 == digest))
