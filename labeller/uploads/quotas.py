"""How much one person may keep here, and how much may be under way.

Owners have no limit, also when they send on somebody's behalf or import. Photos count for who sent them.
"""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import disk
from db.models import SHOWN, Clip, Person, Photo
from db.settings import settings
from labeller.errors import QuotaReached


@dataclass(frozen=True)
class Quota:
    """Photos and bytes that a person keeps here, and the most of each."""

    photos: int
    max_photos: int
    bytes: int
    max_bytes: int

    @property
    def photos_left(self) -> int:
        return max(0, self.max_photos - self.photos)

    @property
    def bytes_left(self) -> int:
        return max(0, self.max_bytes - self.bytes)


def quota_of(session: Session, person: Person | None) -> Quota | None:
    """The person's quota; None without a limit."""
    if person is None or person.role == "owner":
        return None
    photos, size = kept_by(session, person)
    return Quota(photos, settings().max_person_photos, size, settings().max_person_mb << 20)


def kept_by(session: Session, person: Person) -> tuple[int, int]:
    """The photos that are kept here and were sent by the person, and their bytes, with those of videos.

    An index holds both.
    """
    kept = select(func.count(), func.coalesce(func.sum(Photo.stored_bytes), 0))
    photos, size = session.execute(kept.where(Photo.uploaded_by == person.id, SHOWN)).one()
    open_clips = select(func.coalesce(func.sum(Clip.stored_bytes), 0))
    clips = session.scalar(open_clips.where(Clip.uploaded_by == person.id, Clip.blob.is_not(None)))
    return photos, int(size or 0) + int(clips or 0)


def require_room(session: Session, person: Person | None, size: int) -> None:
    """Raises QuotaReached if one more photo of `size` bytes is too much for the person who sends it, and
    NoSpace if the disk is nearly full.

    Exact only while the caller holds the lock on the groups of photos.
    """
    disk.require_space()
    quota = quota_of(session, person)
    if quota is None:
        return
    hint = "Those you sent are safe. Delete some of them, or ask the owner for more room."
    if not quota.photos_left:
        message = f"You have sent {quota.photos} photos, as many as one person may."
        raise QuotaReached("quota_reached", message, hint)
    if size > quota.bytes_left:
        message = (
            f"Your photos would take more than {settings().max_person_mb} MB, as much as one person may."
        )
        raise QuotaReached("quota_reached", message, hint)
