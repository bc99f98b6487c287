"""Receiving videos, of which a worker makes photos."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from db import blob_hold, jobs
from db.base import OPEN, now
from db.models import Clip, ClipPhoto, Person
from db.session import take_lock
from db.storage import blobs
from labeller.errors import NotFound, QuotaReached
from labeller.photos import splits
from labeller.uploads import quotas

SHOWN_AT_ONCE = 10
RECENT = timedelta(days=1)


@dataclass(frozen=True)
class ReceivedClip:
    """`created` is False if the same bytes were received before."""

    clip: Clip
    created: bool


@dataclass(frozen=True)
class ClipFile:
    """A video that has arrived: its SHA-256 in hex, how many bytes, and what reads them from the start."""

    digest: str
    size: int
    read: Callable[[], Iterator[bytes]]


def receive_clip(
    session: Session, file: ClipFile, uploaded_by: Person | None, person: Person | None
) -> ReceivedClip:
    """Store a video and enqueue looking for faces in it for after the commit.

    `person` is who is in it. Raises QuotaReached, NoSpace, and WrongHash if the file has another SHA-256;
    then nothing is stored.
    """
    if (known := find_clip(session, file.digest, uploaded_by, person)) is not None:
        return ReceivedClip(known, created=False)
    quotas.require_room(session, uploaded_by, file.size)
    blobs().put_chunks(file.digest, file.read())
    try:
        take_lock(session, splits.LOCK)
        quotas.require_room(session, uploaded_by, file.size)  # those who send at once wait for each other
    except QuotaReached:
        session.rollback()
        blob_hold.delete_blobs(session, (file.digest,))
        session.commit()
        blob_hold.delete_doomed(session)
        raise
    if not blob_hold.keep_stored(session, file.digest):
        blobs().put_chunks(file.digest, file.read())
    clip = Clip(
        sha256=file.digest,
        blob=file.digest,
        stored_bytes=file.size,
        person_id=person.id if person else None,
        uploaded_by=uploaded_by.id if uploaded_by else None,
    )
    session.add(clip)
    jobs.submit(session, clip)
    return ReceivedClip(clip, created=True)


def find_clip(session: Session, digest: str, sender: Person | None, person: Person | None) -> Clip | None:
    """The video with this SHA-256 that the sender may know of, or None.

    Not one that failed or of which nothing is left: sent again, it is looked at again. A friend finds only
    their own.
    """
    has_photos = exists().where(ClipPhoto.clip_id == Clip.id)
    standing = or_(Clip.status.in_(OPEN), has_photos)
    same = select(Clip).where(Clip.sha256 == digest, standing).order_by(Clip.id)
    if person is not None and (own := session.scalar(same.where(Clip.person_id == person.id))) is not None:
        return own
    return None if sender is not None and sender.role == "friend" else session.scalar(same.limit(1))


def known_clips(session: Session, sender: Person, digests: Sequence[str]) -> dict[str, int]:
    """By SHA-256, the ids of the videos that are here already and that the sender may know of."""
    own = sender if sender.role == "friend" else None
    found = ((digest, find_clip(session, digest, sender, own)) for digest in digests)
    return {digest: clip.id for digest, clip in found if clip is not None}


def visible_clip(session: Session, clip_id: int, viewer: Person) -> Clip:
    """The video, if the viewer may see it. Raises NotFound, for a friend also if it is another's."""
    clip = session.get(Clip, clip_id, populate_existing=True)
    if clip is None or (viewer.role == "friend" and clip.person_id != viewer.id):
        raise NotFound("no_such_clip", "There is no such video.", "It may have been deleted.")
    return clip


def photos_of(session: Session, clip: Clip) -> Sequence[int]:
    """Ids of the photos that were made of the video and are still there."""
    from_clip = select(ClipPhoto.photo_id).where(ClipPhoto.clip_id == clip.id)
    return session.scalars(from_clip.order_by(ClipPhoto.photo_id)).all()


def recent_clips(session: Session, sender: Person) -> Sequence[Clip]:
    """The person's videos that are being searched for faces, or were within the last day; oldest first."""
    recent = or_(Clip.status.in_(OPEN), Clip.finished_at > now() - RECENT)
    own = select(Clip).where(Clip.uploaded_by == sender.id, recent)
    return session.scalars(own.order_by(Clip.id.desc()).limit(SHOWN_AT_ONCE)).all()[::-1]
