"""Automatic deletion: photos past the owner's retention period, and abandoned uploads."""

from datetime import timedelta

import structlog
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from db import kept_replies
from db.backup import kept
from db.base import now
from db.integrity import remove_unused_blobs
from db.models import SHOWN, Person, Photo
from db.session import empty_write_ahead_log
from db.settings import settings
from db.storage import blobs
from db.webhooks import tidy as webhooks
from labeller.detection import predictions
from labeller.erasure.finish import finish_pending
from labeller.erasure.mark import mark_person, mark_photos
from labeller.exports import requests as exports
from labeller.imports import tidy as imports
from labeller.people import sessions
from labeller.uploads import chunked

log = structlog.get_logger()

MEASURED_AT_ONCE = 5000


def tidy(session: Session) -> None:
    """Delete what uploads, imports and answers to batches left, old events of webhooks, unused files, and
    what is past the retention period.

    Commits.
    """
    kept.delete_leftovers(session)
    chunked.forget_stale()
    sessions.tidy(session)
    kept_replies.tidy(session)
    session.commit()
    predictions.tidy(session)
    exports.end_expired(session)
    webhooks.tidy(session)
    imports.tidy(session)
    for line in remove_unused_blobs(session):
        log.info("removed_unused", what=line)
    _measure_photos(session)
    if settings().retention_days is not None:
        _mark_expired(session, timedelta(days=settings().retention_days or 0))
        session.commit()
        finish_pending(session)
    empty_write_ahead_log(session)


def _measure_photos(session: Session) -> None:
    """Add the size of photos that an earlier version received; their senders' quotas count it. Commits."""
    unmeasured = select(Photo).where(Photo.stored_bytes.is_(None), SHOWN).order_by(Photo.id)
    for photo in session.scalars(unmeasured.limit(MEASURED_AT_ONCE)):
        photo.stored_bytes = sum(blobs().size(key) for key in (photo.blob, photo.view_blob))
    session.commit()


def _mark_expired(session: Session, period: timedelta) -> None:
    """Mark photos older than `period`, and friends who joined before it and have no photos left."""
    start = now() - period
    mark_photos(session, Photo.created_at < start, None)
    photos = exists().where(Photo.person_id == Person.id, SHOWN)
    expired = Person.role == "friend", Person.created_at < start, Person.erasing_at.is_(None), ~photos
    for friend in session.scalars(select(Person).where(*expired, Person.merged_into_id.is_(None))).all():
        mark_person(session, friend, None)
