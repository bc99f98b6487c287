"""How a job ends otherwise than well: a person stops it, or an error does."""

from typing import Any

from sqlalchemy import CursorResult, update
from sqlalchemy.orm import Session

from db import disk, outages
from db.base import OPEN, now
from db.errors import Refused
from db.models import Backup, Export, Import, Run

MOST_WORDS = 200
"""Characters of an error that nobody foresaw."""


def cancel(session: Session, job: Run | Backup | Export | Import, **values: Any) -> bool:
    """End the job now, if it is not over; its worker stops at its next write. Whether it was not over."""
    model = type(job)
    stop = update(model).where(model.id == job.id, model.status.in_(OPEN))
    ended = session.execute(stop.values(status="cancelled", finished_at=now(), **values))
    assert isinstance(ended, CursorResult)
    return ended.rowcount > 0


def in_words(error: Exception) -> str:
    """What a person reads of the error that ended a job."""
    if disk.is_full_error(error):
        return "The disk is full."
    if outages.is_outage(error):
        error = outages.unavailable(error)
    if isinstance(error, Refused):
        return f"{error.message} {error.hint}".strip()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"{type(error).__name__}: {error}".splitlines()[0][:MOST_WORDS]
