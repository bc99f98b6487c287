"""Claiming, fencing and sweeping the rows that workers work on.

A worker claims a job by compare-and-set on (id, attempt); every later write is fenced by (owner, attempt).
A sweep every two seconds sends again what was never sent, what the broker lost and what a dead worker held.
So a job may run twice, and may be killed anywhere.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Update, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import queue
from db.base import now
from db.models import Photo, Run, Worker
from db.session import insert_missing

MAX_ATTEMPTS = 3
RESEND_AFTER = timedelta(seconds=10)
"""A queued row whose message was sent this long ago, with an empty queue, has lost its message."""
SWEPT_AT_ONCE = 200
ALIVE_WITHIN = timedelta(seconds=15)

TASKS: dict[type[Photo | Run], str] = {Photo: queue.PROPOSE_FACES, Run: queue.TRAIN}


class LostLease(Exception):
    """Somebody else holds the job now, or it was cancelled: stop, and write nothing more."""


def submit(session: Session, job: Photo | Run) -> None:
    """Enqueue `job` for after the commit."""
    session.flush()
    job.sent_at = now()
    queue.enqueue(session, TASKS[type(job)], job.id, job.attempt)


@dataclass(frozen=True)
class Holder:
    """The process that claims a job, and for how many seconds."""

    name: str
    lease: float


def claim(session: Session, model: type[Photo] | type[Run], id: int, attempt: int, holder: Holder) -> bool:
    """Take the job for `holder` and commit; False when it is another's, over, or must wait."""
    waiting = update(model).where(model.id == id, model.attempt == attempt, model.status == "queued")
    claimed = waiting.values(
        status="running", owner=holder.name, attempt=attempt + 1, lease_until=_in(holder.lease)
    )
    try:
        taken = _changed(session, claimed)
    except IntegrityError:  # another run is running; the sweep will nudge this one again
        session.rollback()
        return False
    session.commit()
    return taken


def write(session: Session, job: Photo | Run, lease: float, **values: Any) -> None:
    """Write `values` and renew the lease, if it is still ours. Raises LostLease; the caller commits."""
    model = type(job)
    mine = (
        model.id == job.id,
        model.owner == job.owner,
        model.attempt == job.attempt,
        model.status == "running",
    )
    if not _changed(session, update(model).where(*mine).values(lease_until=_in(lease), **values)):
        lost = LostLease(f"{model.__tablename__} {job.id}")
        session.rollback()  # from here on `job` cannot be read: its row may be gone
        raise lost


def release(session: Session, owner: str) -> None:
    """Give back what an earlier process of the same name held; it is dead, since the name is in use again."""
    for model in TASKS:
        for job in _find(session, model, model.status == "running", model.owner == owner):
            _give_back(session, job)
    session.commit()


def sweep(session: Session) -> None:
    """Send what waits unsent or unheard, take back what dead workers held."""
    for model, task in TASKS.items():
        for job in _find(session, model, model.status == "running", model.lease_until < now()):
            _give_back(session, job)
        lost = or_(model.sent_at.is_(None), model.sent_at < now() - RESEND_AFTER)
        waiting = _find(session, model, model.status == "queued", lost)
        if waiting and not waiting_messages(queue.QUEUES[task]):
            for job in waiting:
                submit(session, job)
        session.commit()


def waiting_messages(name: str) -> int:
    """How many messages wait in the broker's queue `name`."""
    with queue.app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        return int(channel.client.llen(name))


def heartbeat(session: Session, name: str, kind: str) -> None:
    """Say that worker `name` is alive."""
    if not _changed(session, update(Worker).where(Worker.name == name).values(seen_at=now())):
        insert_missing(session, Worker, [{"name": name, "kind": kind, "seen_at": now()}])
    session.commit()


def alive(session: Session) -> set[str]:
    """The kinds of worker that were heard of lately."""
    return set(session.scalars(select(Worker.kind).where(Worker.seen_at > now() - ALIVE_WITHIN)))


def _find(session: Session, model: type[Photo | Run], *where: ColumnElement[bool]) -> list[Photo | Run]:
    """The oldest of the rows that fit; a sweep comes again soon for the rest."""
    query = select(model).where(*where).order_by(model.id).limit(SWEPT_AT_ONCE)
    return list(session.scalars(query, execution_options={"populate_existing": True}))


def _give_back(session: Session, job: Photo | Run) -> None:
    """Queue the job again, or fail it when it has taken down too many workers."""
    held = type(job).id == job.id, type(job).attempt == job.attempt, type(job).status == "running"
    values: dict[str, Any] = {"status": "queued", "owner": None, "sent_at": None}
    if job.attempt >= MAX_ATTEMPTS:
        hint = "Its worker stopped three times on it. Nothing else is affected; delete it or try again."
        values = {"status": "failed", "owner": None, "error": hint}
    if _changed(session, update(type(job)).where(*held).values(**values)):
        session.refresh(job)
        if job.status == "queued":
            submit(session, job)


def _changed(session: Session, statement: Update) -> bool:
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return result.rowcount > 0


def _in(seconds: float) -> datetime:
    return now() + timedelta(seconds=seconds)
