"""Requests to look at old photos again, and how far the newest one is.

The time of the request is stored, and that of each photo's last look: what is left follows from these, so
the work goes on after a restart where it stopped. This module loads no network.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from db import tasks
from db.base import now
from db.box_thresholds import first_detector
from db.models import READY, DetectorPass, Event, Face, Person, Photo, Workbench
from db.workbench import lock_workbench


@dataclass(frozen=True)
class Progress:
    """How many photos the request is about, and how many of them are still to do."""

    total: int
    left: int


def request(session: Session, by: Person | None, *, only_unanswered: bool) -> Progress:
    """Ask for all photos, or those without an answer, to be looked at again after the commit."""
    row = lock_workbench(session)
    row.detect_again_at, row.detect_again_all = now(), not only_unanswered
    row.detect_again_total, row.detect_again_done = _count(session, row), 0
    detail = {"only_unanswered": only_unanswered, "detector": first_detector()}
    session.add(Event(kind="detect_again", person_id=by.id if by else None, detail=detail))
    session.flush()
    tasks.enqueue_detecting_again(session)
    return progress(session)


def progress(session: Session) -> Progress:
    """How far the newest request is; (0, 0) without one."""
    row = session.get(Workbench, 1, populate_existing=True)
    if row is None:
        return Progress(0, 0)
    left = 0 if row.detect_again_at is None else max(1, row.detect_again_total - row.detect_again_done)
    return Progress(row.detect_again_total, left)


def photos_left(session: Session, limit: int) -> list[int]:
    """Ids of the first photos that are still to do."""
    row = session.get(Workbench, 1, populate_existing=True)
    if row is None or row.detect_again_at is None:
        return []
    return list(session.scalars(_left(row).order_by(Photo.id).limit(limit)))


def note_done(session: Session) -> None:
    """Count one more photo as done."""
    session.execute(update(Workbench).values(detect_again_done=Workbench.detect_again_done + 1))


def end(session: Session) -> None:
    """The newest request is done."""
    session.execute(update(Workbench).values(detect_again_at=None))


def _wanted(row: Workbench) -> list[ColumnElement[bool]]:
    """Photos that were there when the request was made, without answers if it was made for those."""
    wanted: list[ColumnElement[bool]] = [READY, Photo.created_at <= row.detect_again_at]
    if not row.detect_again_all:
        answered = exists().where(Face.photo_id == Photo.id, Face.decided_at.is_not(None))
        wanted += [~answered, Photo.completed_at.is_(None)]
    return wanted


def _left(row: Workbench) -> Select[int]:
    newest_pass = and_(DetectorPass.photo_id == Photo.id, DetectorPass.detector == first_detector())
    query = select(Photo.id).outerjoin(DetectorPass, newest_pass)
    not_yet = or_(DetectorPass.photo_id.is_(None), DetectorPass.started_at < row.detect_again_at)
    return query.where(*_wanted(row), not_yet)


def _count(session: Session, row: Workbench) -> int:
    wanted = select(Photo.id).where(*_wanted(row)).subquery()
    return session.scalar(select(func.count()).select_from(wanted)) or 0
