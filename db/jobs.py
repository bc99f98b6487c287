"""Claiming, fencing and sweeping the rows that workers work on.

A worker claims a job by compare-and-set on (id, attempt); every later write is fenced by (owner, attempt).
A sweep every two seconds sends again the jobs that were never sent, whose message the broker lost, or whose
worker died. So a job may run twice, and may be killed anywhere.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Update, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import queue
from db.base import OPEN, now
from db.models import Photo, Run, Worker
from db.session import insert_missing

MAX_ATTEMPTS = 3
RESEND_AFTER = timedelta(seconds=10)
"""A queued job whose message was sent this long ago has lost it if the broker's queue is empty."""
SWEPT_AT_ONCE = 200
ALIVE_WITHIN = timedelta(seconds=15)
STARTED_WITHIN = timedelta(seconds=30)

TASKS: dict[type[Photo | Run], str] = {Photo: queue.PROPOSE_FACES, Run: queue.TRAIN}


class LostLease(Exception):
    """Another worker holds the job now, or it was cancelled: stop and write nothing more."""


def submit(session: Session, job: Photo | Run) -> None:
    """Send `job` to a worker after the commit."""
    session.flush()
    job.sent_at = now()
    queue.enqueue(session, TASKS[type(job)], job.id, job.attempt)


def start_over(session: Session, job: Photo | Run) -> None:
    """Queue a job that has ended once more, as if it were new."""
    job.status, job.error, job.owner, job.attempt = "queued", None, None, 0
    submit(session, job)


def any_open(session: Session, model: type[Photo] | type[Run]) -> bool:
    """Whether a photo waits for the detector, or a run for its end."""
    return session.scalar(select(model.id).where(model.status.in_(OPEN)).limit(1)) is not None


@dataclass(frozen=True)
class Holder:
    """The name of the worker that claims a job, and its lease in seconds."""

    name: str
    lease: float


def claim(session: Session, model: type[Photo] | type[Run], id: int, attempt: int, holder: Holder) -> bool:
    """Claim the job for `holder` and commit; False if another worker has it, it is over, or it must wait."""
    query = update(model).where(model.id == id, model.attempt == attempt, model.status == "queued")
    query = query.values(
        status="running", owner=holder.name, attempt=attempt + 1, lease_until=_seconds_from_now(holder.lease)
    )
    try:
        is_claimed = _update_rows(session, query)
    except IntegrityError:  # another run is running; the sweep will send this one again
        session.rollback()
        return False
    session.commit()
    return is_claimed


def write(session: Session, job: Photo | Run, lease: float, **values: Any) -> None:
    """Write `values` and renew the lease for `lease` seconds, if the job is still ours; the caller commits.

    Raises LostLease.
    """
    model = type(job)
    is_ours = (
        model.id == job.id,
        model.owner == job.owner,
        model.attempt == job.attempt,
        model.status == "running",
    )
    query = update(model).where(*is_ours).values(lease_until=_seconds_from_now(lease), **values)
    if not _update_rows(session, query):
        lost = LostLease(f"{model.__tablename__} {job.id}")
        session.rollback()  # from here on `job` cannot be read: its row may be gone
        raise lost


def release(session: Session, owner: str) -> None:
    """Queue the jobs of an earlier worker of the same name again; it is dead, since its name is in use."""
    for model in TASKS:
        for job in _find(session, model, model.status == "running", model.owner == owner):
            _give_back(session, job)
    session.commit()


def sweep(session: Session) -> None:
    """Queue the jobs of dead workers again, and send queued jobs whose message is missing."""
    for model, task in TASKS.items():
        for job in _find(session, model, model.status == "running", model.lease_until < now()):
            _give_back(session, job)
        lost = or_(model.sent_at.is_(None), model.sent_at < now() - RESEND_AFTER)
        waiting = _find(session, model, model.status == "queued", lost)
        if waiting and not waiting_messages(queue.QUEUES[task]):
            for job in waiting:
                submit(session, job)
        session.commit()


def waiting_messages(*names: str) -> int:
    """How many messages wait in the broker's queues of these names."""
    with queue.app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        return sum(int(channel.client.llen(name)) for name in names)


def heartbeat(session: Session, name: str, kind: str) -> None:
    """Record that worker `name` is alive."""
    if not _update_rows(session, update(Worker).where(Worker.name == name).values(seen_at=now())):
        insert_missing(session, Worker, [{"name": name, "kind": kind, "seen_at": now()}])
    session.commit()


def alive_kinds(session: Session) -> set[str]:
    """The kinds of worker with a recent heartbeat."""
    return set(session.scalars(select(Worker.kind).where(Worker.seen_at > now() - ALIVE_WITHIN)))


def missing_workers(session: Session) -> list[str]:
    """The kinds of worker that ought to run and do not.

    Workers that hold a network may rest. The train worker is missing if a run has waited for it for too long.
    """
    needed = {"detect", "beat"}
    waits = Run.status == "queued", Run.created_at < now() - STARTED_WITHIN
    if session.scalar(select(Run.id).where(*waits).limit(1)) is not None:
        needed.add("train")
    return sorted(needed - alive_kinds(session))


def _find(session: Session, model: type[Photo | Run], *where: ColumnElement[bool]) -> list[Photo | Run]:
    """The oldest SWEPT_AT_ONCE rows that match; the next sweep takes the rest."""
    query = select(model).where(*where).order_by(model.id).limit(SWEPT_AT_ONCE)
    return list(session.scalars(query, execution_options={"populate_existing": True}))


def _give_back(session: Session, job: Photo | Run) -> None:
    """Queue the job again, or fail it after MAX_ATTEMPTS."""
    is_held = type(job).id == job.id, type(job).attempt == job.attempt, type(job).status == "running"
    values: dict[str, Any] = {"status": "queued", "owner": None, "sent_at": None}
    if job.attempt >= MAX_ATTEMPTS:
        hint = "Its worker stopped three times on it. Nothing else is affected; delete it or try again."
        values = {"status": "failed", "owner": None, "error": hint}
    if _update_rows(session, update(type(job)).where(*is_held).values(**values)):
        session.refresh(job)
        if job.status == "queued":
            submit(session, job)


def _update_rows(session: Session, statement: Update) -> bool:
    """Whether the statement changed any row."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return result.rowcount > 0


def _seconds_from_now(seconds: float) -> datetime:
    return now() + timedelta(seconds=seconds)
