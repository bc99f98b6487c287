"""Receiving photos."""

import hashlib
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import blob_hold, classes, jobs
from db.models import SHOWN, Person, Photo
from db.settings import settings
from db.storage import blobs
from labeller.erasure.finish import erase_photo
from labeller.errors import NotInvited, QuotaReached, unknown_class
from labeller.people.people import find_person
from labeller.photos.decode import decode
from labeller.photos.limits import check_size
from labeller.photos.pixels import Decoded
from labeller.photos.splits import assign_group
from labeller.uploads import quotas
from labeller.uploads.try_again import receive_again


@dataclass(frozen=True)
class Received:
    """`created` is False if the same bytes were received before."""

    photo: Photo
    created: bool


def receive(
    session: Session,
    data: bytes,
    uploaded_by: Person | None,
    person: Person | None = None,
    folder_label: str | None = None,
) -> Received:
    """Store one photo and enqueue its face detection for after the commit.

    `person` is who is in it; None counts as a person of its own. Raises BadPhoto, NotInvited, QuotaReached,
    NoSpace and, for an unknown `folder_label`, BadAnswer; then nothing is stored.
    """
    check_size(data)
    folder_label = _class_of(session, folder_label)
    digest = hashlib.sha256(data).hexdigest()
    if (twin := find_photo(session, digest, uploaded_by, person)) is not None:
        receive_again(session, twin, data)
        return Received(twin, created=False)
    _finish_deletion(session, digest)
    quotas.require_room(session, uploaded_by, len(data))
    decoded = decode(data, settings().max_megapixels)
    photo = _stored(decoded, digest, folder_label)
    photo.person_id = person.id if person else None
    photo.uploaded_by = uploaded_by.id if uploaded_by else None
    try:
        assign_group(session, photo, decoded.mirror, person)
        quotas.require_room(session, uploaded_by, decoded.size)  # those who send at once wait for each other
        blob_hold.keep(session, (decoded.photo, decoded.view))
        session.add(photo)
        jobs.submit(session, photo)
    except QuotaReached:
        _withdraw(session, photo)
        raise
    except IntegrityError:  # the same bytes arrived twice at once, or their person is being erased
        _withdraw(session, photo)
        if (twin := find_photo(session, digest, uploaded_by, person)) is not None:
            return Received(twin, created=False)
        _require_person(session, person)
        raise
    return Received(photo, created=True)


def _require_person(session: Session, person: Person | None) -> None:
    """Raises NotInvited if the person has been deleted meanwhile."""
    if person is not None and find_person(session, person.id) is None:
        hint = "Ask whoever invited you for a new link."
        raise NotInvited("person_gone", "This person has been deleted.", hint) from None


def _class_of(session: Session, folder_label: str | None) -> str | None:
    """The present name of the class that a folder is named after. Raises BadAnswer if there is none."""
    if folder_label is None:
        return None
    current = classes.read(session)
    if (label := current.find(folder_label)) is None:
        raise unknown_class(folder_label, current.names)
    return label


def _stored(decoded: Decoded, digest: str, folder_label: str | None) -> Photo:
    """A new photo whose pictures are stored."""
    return Photo(
        sha256=digest,
        folder_label=folder_label,
        blob=blobs().put(decoded.photo),
        view_blob=blobs().put(decoded.view),
        width=decoded.width,
        height=decoded.height,
        dhash=decoded.dhash,
        stored_bytes=decoded.size,
    )


def _withdraw(session: Session, photo: Photo) -> None:
    """Roll back, and delete the pictures that the failed upload has stored."""
    session.rollback()
    blob_hold.delete_blobs(session, (photo.blob, photo.view_blob))
    session.commit()
    blob_hold.delete_doomed(session)


def find_photo(session: Session, digest: str, sender: Person | None, person: Person | None) -> Photo | None:
    """The photo with this SHA-256 that the sender may know of, or None.

    A friend finds only their own: that somebody else sent the same picture is private.
    """
    same = select(Photo).where(Photo.sha256 == digest, SHOWN).order_by(Photo.id)
    if person is not None and (own := session.scalar(same.where(Photo.person_id == person.id))) is not None:
        return own
    return None if sender is not None and sender.role == "friend" else session.scalar(same.limit(1))


def find_export(session: Session, digest: str) -> Photo | None:
    """The photo whose stored, upright picture has this SHA-256, as in an export of this workbench."""
    exported = select(Photo).where(Photo.blob == digest, SHOWN).order_by(Photo.id)
    return session.scalar(exported.limit(1))


def _finish_deletion(session: Session, digest: str) -> None:
    """Delete at once a marked photo that is sent again while its deletion could be undone."""
    marked = select(Photo).where(Photo.sha256 == digest, Photo.status == "erasing")
    for photo in session.scalars(marked).all():
        erase_photo(session, photo)
