"""What has failed and could be tried again, and since when nothing of its kind went well."""

from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from db import audit, jobs
from db.models import Backup, Person, Photo, Run

SHOWN = 20
T = TypeVar("T", Run, Backup)


@dataclass(frozen=True)
class Failures:
    """The newest failed photos and how many there are; runs and backups that failed since a good one."""

    photos: list[Photo]
    photo_count: int
    runs: list[Run]
    backups: list[Backup]

    def __bool__(self) -> bool:
        return bool(self.photos or self.runs or self.backups)


def find(session: Session) -> Failures:
    failed = Photo.status == "failed"
    photos = select(Photo).where(failed).order_by(Photo.id.desc()).limit(SHOWN)
    return Failures(
        photos=list(session.scalars(photos)),
        photo_count=session.scalar(select(func.count()).where(failed)) or 0,
        runs=_since_last_good(session, Run),
        backups=_since_last_good(session, Backup),
    )


def retry_photos(session: Session, by: Person) -> int:
    """Queue all failed photos as `jobs.start_over` does one; the sweep sends them. Returns how many."""
    counted_on = Photo.attempt + (jobs.MAX_ATTEMPTS - Photo.attempt % jobs.MAX_ATTEMPTS) % jobs.MAX_ATTEMPTS
    fresh = {"status": "queued", "error": None, "owner": None, "attempt": counted_on, "sent_at": None}
    result = session.execute(update(Photo).where(Photo.status == "failed").values(**fresh))
    assert isinstance(result, CursorResult)
    audit.note(session, "photos_retried", by, count=result.rowcount)
    return result.rowcount


def _since_last_good(session: Session, model: type[T]) -> list[T]:
    good = select(func.coalesce(func.max(model.id), 0)).where(model.status.in_(("done", "queued", "running")))
    newer = select(model).where(model.status == "failed", model.id > good.scalar_subquery())
    return list(session.scalars(newer.order_by(model.id.desc()).limit(SHOWN)))
