"""What the workbench is doing now: queues, jobs, workers, disk. Cheap at any size."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, case, func, select, text
from sqlalchemy.orm import Session

from db import clock, disk, jobs
from db.base import now
from db.jobs import JobRow
from db.models import Backup, Clip, Photo, Run, Worker
from db.queue import QUEUES

KINDS: Mapping[str, type[JobRow]] = {"photo": Photo, "run": Run, "backup": Backup, "clip": Clip}
COUNTED = ("queued", "running", "failed")
LONG_WAIT = timedelta(minutes=10)


@dataclass(frozen=True)
class State:
    """`queues` is None while the broker is away. `oldest` has the kinds of job of which one waits."""

    at: datetime
    queues: Mapping[str, int] | None
    jobs: Mapping[str, Mapping[str, int]]
    oldest: Mapping[str, timedelta]
    workers: list[Worker]
    missing: list[str]
    space: disk.Space
    database_bytes: int

    def is_alive(self, worker: Worker) -> bool:
        return worker.seen_at > self.at - jobs.ALIVE_WITHIN

    @property
    def largest_skew(self) -> float:
        """Seconds by which the clock of a live worker's machine is off, whichever way."""
        return max((abs(one.clock_skew) for one in self.workers if self.is_alive(one)), default=0.0)

    @property
    def has_skew(self) -> bool:
        return self.largest_skew > clock.MOST_SKEW.total_seconds()


def read(session: Session) -> State:
    at = now()
    return State(
        at=at,
        queues=_queues(),
        jobs={kind: _count(session, model) for kind, model in KINDS.items()},
        oldest=_oldest(session, at),
        workers=list(session.scalars(select(Worker).order_by(Worker.kind, Worker.name))),
        missing=jobs.missing_workers(session),
        space=disk.space(),
        database_bytes=database_bytes(session),
    )


def database_bytes(session: Session) -> int:
    if session.get_bind().dialect.name == "sqlite":
        size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        size = "SELECT pg_database_size(current_database())"
    return int(session.scalar(text(size)) or 0)


def broker_answers() -> bool:
    try:
        jobs.waiting_messages("default")
    except (OperationalError, RedisError, OSError):
        return False
    return True


def _queues() -> dict[str, int] | None:
    try:
        return {name: jobs.waiting_messages(name) for name in sorted(set(QUEUES.values()))}
    except (OperationalError, RedisError, OSError):
        return None


def _count(session: Session, model: type[JobRow]) -> dict[str, int]:
    """Of the statuses in which a row is not for long; those that are done are many."""
    query = select(model.status, func.count()).where(model.status.in_(COUNTED)).group_by(model.status)
    return dict.fromkeys(COUNTED, 0) | dict(session.execute(query).tuples().all())


def _oldest(session: Session, at: datetime) -> dict[str, timedelta]:
    found = {
        kind: session.scalar(select(func.min(_queued_at(model))).where(model.status == "queued"))
        for kind, model in KINDS.items()
    }
    return {kind: max(timedelta(0), at - since) for kind, since in found.items() if since is not None}


def _queued_at(model: type[JobRow]) -> ColumnElement[datetime]:
    """When the job was queued; one that is tried again: when it was last sent, which is no earlier."""
    sent_again = func.coalesce(model.sent_at, model.created_at)
    return case((model.attempt > 0, sent_again), else_=model.created_at)
