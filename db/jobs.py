"""Claiming, fencing and sweeping the rows that workers work on.

A worker claims a job by compare-and-set on (id, attempt); every later write is fenced by (owner, attempt).
A sweep every two seconds sends again the jobs that were never sent, whose message the broker lost, or whose
worker died. So a job may run twice, and may be killed anywhere. All times are the database's (`db.clock`).
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, Update, and_, delete, exists, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import clock, disk, queue
from db.base import OPEN, now
from db.models import Backup, Clip, Export, Import, Photo, PredictionBatch, Run, Worker
from db.session import insert_missing
from db.storage import blobs
from db.webhooks import events

MAX_ATTEMPTS = 3
RESEND_AFTER = timedelta(seconds=10)
"""A queued job whose message was sent this long ago has lost it if the broker's queue is empty."""
SWEPT_AT_ONCE = 200
ALIVE_WITHIN = timedelta(seconds=15)
STARTED_WITHIN = timedelta(seconds=30)
GONE_AFTER = timedelta(seconds=25)
"""Without a heartbeat for so long, a worker has died: its jobs do not wait for the end of a long lease.
Longer than a heartbeat may wait for a write on SQLite."""
FORGOTTEN_AFTER = timedelta(days=1)
stopping = threading.Event()
"""Set when this process has been asked to stop: a job that would take longer is left to another worker."""

JobRow = Photo | Run | Backup | Clip | PredictionBatch | Export | Import
TASKS: dict[type[JobRow], str] = {
    Photo: queue.PROPOSE_FACES,
    Run: queue.TRAIN,
    Backup: queue.MAKE_BACKUP,
    Clip: queue.SAMPLE_CLIP,
    Import: queue.IMPORT,
    PredictionBatch: queue.PREDICT_BATCH,
    Export: queue.MAKE_EXPORT,
}


class LostLease(Exception):
    """Another worker holds the job now, or it was cancelled: stop and write nothing more."""


def submit(session: Session, job: JobRow) -> None:
    """Send `job` to a worker after the commit."""
    session.flush()
    job.sent_at = now()
    queue.enqueue(session, TASKS[type(job)], job.id, job.attempt)


def start_over(session: Session, job: JobRow) -> None:
    """Queue a job that has ended once more, as if it were new.

    Attempts are counted on, so that no claim from before passes the fence of a new one.
    """
    job.status, job.error, job.owner = "queued", None, None
    job.attempt += -job.attempt % MAX_ATTEMPTS
    submit(session, job)


def any_open(session: Session, model: type[JobRow]) -> bool:
    """Whether a job of this kind waits or is at work."""
    return session.scalar(select(model.id).where(model.status.in_(OPEN)).limit(1)) is not None


@dataclass(frozen=True)
class Holder:
    """The name of the worker that claims a job, and its lease in seconds."""

    name: str
    lease: float


@dataclass(frozen=True)
class Claim:
    """The job that a worker holds, and its attempt. It is never read again: the row may be another's."""

    model: type[JobRow]
    id: int
    attempt: int
    owner: str | None

    @property
    def is_held(self) -> ColumnElement[bool]:
        """Whether the row is still as the claim left it."""
        model = self.model
        ours = model.id == self.id, model.owner == self.owner, model.attempt == self.attempt
        return and_(*ours, model.status == "running")


def claim(session: Session, model: type[JobRow], id: int, attempt: int, holder: Holder) -> Claim | None:
    """Claim the job for `holder` and commit; None if another worker has it, it is over, or it must wait."""
    query = update(model).where(model.id == id, model.attempt == attempt, _waits(model))
    query = query.values(
        status="running", owner=holder.name, attempt=attempt + 1, lease_until=_seconds_from_now(holder.lease)
    )
    try:
        is_claimed = _update_rows(session, query)
    except IntegrityError:  # another run is running; the sweep will send this one again
        session.rollback()
        return None
    session.commit()
    return Claim(model, id, attempt + 1, holder.name) if is_claimed else None


def write(session: Session, claim: Claim, lease: float, **values: Any) -> None:
    """Write `values` and renew the lease for `lease` seconds, if the job is still ours; the caller commits.

    Raises LostLease; also when this process is to stop and more writes would follow (`lease` is not 0): the
    job is then queued again for another worker.
    """
    if stopping.is_set() and lease:
        session.rollback()
        _queue_again(session, claim)
        session.commit()
        raise LostLease(f"{claim.model.__tablename__} {claim.id}: this worker stops")
    query = update(claim.model).where(claim.is_held)
    if not _update_rows(session, query.values(lease_until=_seconds_from_now(lease), **values)):
        session.rollback()  # what was loaded cannot be read from here on: its row may be gone
        raise LostLease(f"{claim.model.__tablename__} {claim.id}")


def release(session: Session, owner: str) -> None:
    """Queue the jobs of an earlier worker of the same name again; it is dead, since its name is in use."""
    for model in TASKS:
        for held in _held(session, model, model.owner == owner):
            _give_back(session, held)
    session.execute(delete(Worker).where(Worker.seen_at < now() - FORGOTTEN_AFTER))
    session.commit()


def sweep(session: Session) -> None:
    """Queue the jobs of dead workers again, and send queued jobs whose message is missing."""
    gone = select(Worker.name).where(Worker.seen_at < now() - GONE_AFTER)
    for model, task in TASKS.items():
        for held in _held(session, model, or_(model.lease_until < now(), model.owner.in_(gone))):
            _give_back(session, held)
        lost = or_(model.sent_at.is_(None), model.sent_at < now() - RESEND_AFTER)
        query = select(model).where(_waits(model), lost).order_by(model.id).limit(SWEPT_AT_ONCE)
        waiting: list[JobRow] = list(session.scalars(query.execution_options(populate_existing=True)))
        if waiting and not waiting_messages(queue.QUEUES[task]):
            for job in waiting:
                submit(session, job)
        session.commit()


def waiting_messages(*names: str) -> int:
    """How many messages wait in the broker's queues of these names."""
    with queue.app.connection_for_read() as connection:
        channel: Any = connection.default_channel
        return sum(int(channel.client.llen(name)) for name in names)


def heartbeat(session: Session, name: str, kind: str, problem: str | None = None) -> None:
    """Record that worker `name` is alive, how far its clock is ahead, and what keeps it from its work."""
    values = {"seen_at": now(), "clock_skew": clock.skew().total_seconds(), "problem": problem}
    if not _update_rows(session, update(Worker).where(Worker.name == name).values(**values)):
        insert_missing(session, Worker, [{"name": name, "kind": kind, **values}])
    session.commit()


def is_alive(worker: Worker) -> bool:
    """Whether its last heartbeat is recent."""
    return worker.seen_at > now() - ALIVE_WITHIN


def alive_kinds(session: Session) -> set[str]:
    """The kinds of worker with a recent heartbeat that nothing keeps from their work."""
    alive = Worker.seen_at > now() - ALIVE_WITHIN, Worker.problem.is_(None)
    return set(session.scalars(select(Worker.kind).where(*alive)))


def missing_workers(session: Session) -> list[str]:
    """The kinds of worker that ought to run and do not, or cannot work.

    Workers that hold a network may rest. The train worker is missing if a run has waited for it for too long.
    """
    needed = {"detect", "beat"}
    ill = Worker.seen_at > now() - ALIVE_WITHIN, Worker.problem.is_not(None)
    needed |= set(session.scalars(select(Worker.kind).where(*ill)))
    waits = Run.status == "queued", Run.created_at < now() - STARTED_WITHIN
    if session.scalar(select(Run.id).where(*waits).limit(1)) is not None:
        needed.add("train")
    return sorted(needed - alive_kinds(session))


def _held(session: Session, model: type[JobRow], *where: ColumnElement[bool]) -> list[Claim]:
    """The oldest SWEPT_AT_ONCE jobs of workers that match; the next sweep takes the rest."""
    query = select(model.id, model.attempt, model.owner).where(model.status == "running", *where)
    query = query.where(model.owner.is_not(None))
    rows = session.execute(query.order_by(model.id).limit(SWEPT_AT_ONCE))
    return [Claim(model, *row) for row in rows]


def _give_back(session: Session, held: Claim) -> None:
    """Queue the job of a dead worker again, or fail it after MAX_ATTEMPTS."""
    if held.attempt % MAX_ATTEMPTS or disk.space().is_low or not blobs().is_there():  # nothing could succeed
        _queue_again(session, held)
        return
    hint = "Its worker stopped three times on it. Nothing else is affected; delete it or try again."
    failed = update(held.model).where(held.is_held).values(status="failed", owner=None, error=hint)
    if not _update_rows(session, failed):
        return
    if held.model is Run:
        events.run_ended(session, held.id, "failed")
    elif held.model is Export:
        events.emit(session, "export.done", {"export_id": held.id, "status": "failed"})


def _waits(model: type[JobRow]) -> ColumnElement[bool]:
    """Whether the job can be claimed: it is queued, or given back while another one was queued."""
    return or_(model.status == "queued", and_(model.status == "running", model.owner.is_(None)))


def _queue_again(session: Session, held: Claim) -> None:
    """Let another worker claim the job. A run stays `running`, without an owner, while another is queued:
    a unique index allows one of each.
    """
    model = held.model
    is_taken = model is Run and session.scalar(select(exists().where(Run.status == "queued")))
    values = {"status": "running" if is_taken else "queued", "owner": None, "lease_until": None}
    if _update_rows(session, update(model).where(held.is_held).values(sent_at=now(), **values)):
        queue.enqueue(session, TASKS[held.model], held.id, held.attempt)


def _update_rows(session: Session, statement: Update) -> bool:
    """Whether the statement changed any row."""
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return result.rowcount > 0


def _seconds_from_now(seconds: float) -> datetime:
    return now() + timedelta(seconds=seconds)
