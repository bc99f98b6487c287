"""The rows that say what each detector has seen in each photo."""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session, aliased

from db import full_looks, jobs
from db.base import now
from db.box_thresholds import first_detector
from db.models import READY, DetectorPass, Photo, Run
from db.session import insert_missing
from db.workbench import last_answered_at
from labeller.detection.detections import Detection
from labeller.detection.photo_look import PhotoLook

MAX_ATTEMPTS = 3
LONGEST_WAIT, POLL_SECONDS = 60.0, 0.5
ANSWERING_WITHIN = timedelta(seconds=5)
STOPPED_AFTER = timedelta(minutes=2)
"""A pass that began this long ago and has not ended was stopped with its worker."""


def store(session: Session, photo_id: int, detector: str, result: PhotoLook) -> None:
    """Store what the detector saw in the photo, in place of what it saw before."""
    boxes = [_as_row(one) for one in result.detections]
    _put(session, photo_id, detector, seconds=round(result.seconds, 4), boxes=boxes)


def give_up(session: Session, photo_id: int, detector: str) -> None:
    """Store that the detector has tried and cannot see the photo; what it saw before stays."""
    _put(session, photo_id, detector)


def _put(session: Session, photo_id: int, detector: str, **values: Any) -> None:
    unseen = {"photo_id": photo_id, "detector": detector, "boxes": []}
    insert_missing(session, DetectorPass, [unseen])
    row = update(DetectorPass).where(DetectorPass.photo_id == photo_id, DetectorPass.detector == detector)
    session.execute(row.values(started_at=now(), **values))


def claim(session: Session, photo_id: int, detector: str) -> bool:
    """Claim a photo that the detector has not seen yet, and commit; False if there is nothing to do."""
    ready = select(Photo.id).where(Photo.id == photo_id, READY)
    if session.scalar(ready.with_for_update(read=True, key_share=True)) is None:
        return False
    unseen = {"photo_id": photo_id, "detector": detector, "started_at": now() - STOPPED_AFTER}
    insert_missing(session, DetectorPass, [unseen])
    key = DetectorPass.photo_id == photo_id, DetectorPass.detector == detector
    begun = update(DetectorPass).where(*key, _free(DetectorPass)).returning(DetectorPass.photo_id)
    claimed = session.scalar(begun.values(attempts=DetectorPass.attempts + 1, started_at=now()))
    session.commit()
    return claimed is not None


def put_back(session: Session, photo_id: int, detector: str) -> None:
    """Give back a claimed photo whose picture could not be had at all: that was no attempt. Commits."""
    claimed = update(DetectorPass).where(DetectorPass.photo_id == photo_id, DetectorPass.detector == detector)
    session.execute(claimed.values(attempts=DetectorPass.attempts - 1))
    session.commit()


def waiting(session: Session, detector: str, limit: int) -> Sequence[int]:
    """Ids of photos that the first detector has seen and this one has not.

    Now and then of all photos, in between of those that the first detector has seen lately.
    """
    first, own = aliased(DetectorPass), aliased(DetectorPass)
    query = select(Photo.id).join(first, and_(first.photo_id == Photo.id, first.boxes.is_not(None)))
    query = query.where(READY, first.detector == first_detector())
    query = query.outerjoin(own, and_(own.photo_id == Photo.id, own.detector == detector)).where(_free(own))
    look = "passes", detector
    is_full_look = full_looks.is_due(session, look)
    if not is_full_look:
        query = query.where(first.started_at > now() - 2 * full_looks.EVERY)
    found = session.scalars(query.order_by(Photo.id).limit(limit)).all()
    if is_full_look and not found:
        full_looks.found_nothing(session, look)
    return found


def give_way(session: Session) -> None:
    """Wait, but not for ever, while people need the machine: nobody waits for a confirmation."""
    until = time.monotonic() + LONGEST_WAIT
    while _is_busy(session) and time.monotonic() < until:
        session.rollback()  # read a fresh snapshot
        if jobs.stopping.wait(POLL_SECONDS):
            break


def _is_busy(session: Session) -> bool:
    """Whether new photos wait, a run is open, or somebody is answering, after which a run may follow."""
    answered_at = last_answered_at(session)
    is_answering = answered_at is not None and now() - answered_at < ANSWERING_WITHIN
    return is_answering or any(jobs.any_open(session, model) for model in (Photo, Run))


def _free(row: Any) -> ColumnElement[bool]:
    """Without a row, or with one whose worker was stopped."""
    ended = row.started_at <= now() - STOPPED_AFTER
    return or_(row.photo_id.is_(None), and_(row.boxes.is_(None), row.attempts < MAX_ATTEMPTS, ended))


def _as_row(detection: Detection) -> list[float]:
    return [*(round(value, 1) for value in detection.box), round(detection.confidence, 4)]
