"""Runs that start automatically: after a number of new answers, or nightly if there are any."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import counters, disk, jobs
from db.base import now
from db.models import STANDING, Answer, Run, Workbench
from db.workbench import lock_workbench
from trainer.errors import BadSchedule, NotEnoughLabels
from trainer.runs import requests

IDLE_TIME = timedelta(seconds=8)
"""A run waits until nobody has answered for this long, or until there are twice the answers needed."""


def set_rule(session: Session, train_after: int, nightly_hour: int | None) -> Workbench:
    """Train after `train_after` new answers (0: never) and nightly at a local hour of 0 to 23 (None: never).

    Raises BadSchedule.
    """
    if not 0 <= train_after <= 100_000 or not (nightly_hour is None or 0 <= nightly_hour <= 23):
        raise BadSchedule(
            "bad_rule",
            "These are no times to train.",
            "Give a number of answers from 1 to 100,000, or 0 for never, and an hour from 0 to 23.",
        )
    row = lock_workbench(session)
    row.train_after, row.nightly_hour = train_after, nightly_hour
    row.last_nightly_day = _day(now().astimezone()) if nightly_hour is not None else None
    return row


def start_due_run(session: Session, at: datetime | None = None) -> Run | None:
    """Start a run if one is due and none is open, and commit. `at` is local time."""
    local = at or now().astimezone()
    rule = session.scalar(select(Workbench))
    if rule is None or not (rule.train_after or rule.nightly_hour is not None):
        return None
    if jobs.any_open(session, Run) or disk.space().is_low:
        return None
    by_count, by_night = _enough_answers(session, rule.train_after), _night_due(rule, local)
    if by_night:
        lock_workbench(session).last_nightly_day = _day(local)
    run = None
    if by_count or (by_night and new_answers(session)[0]):
        try:
            run = requests.request_run(session, {})
        except NotEnoughLabels:
            session.rollback()
            return None
    session.commit()
    return run


def new_answers(session: Session) -> tuple[int, datetime | None]:
    """The number of standing answers that no run has collected, and the time of the latest.

    Each answer is marked with the run that collected it, so none is missed or counted twice.
    """
    count = counters.totals(session, "answers", [""]).get("", 0)
    latest = select(Answer.created_at).where(Answer.run_id.is_(None), STANDING)
    return count, session.scalar(latest.order_by(Answer.id.desc()).limit(1))


def _enough_answers(session: Session, needed: int) -> bool:
    if not needed:
        return False
    count, latest = new_answers(session)
    return count >= needed and (count >= 2 * needed or latest is None or now() - latest >= IDLE_TIME)


def _night_due(rule: Workbench, local: datetime) -> bool:
    """Whether the hour has passed since the last check, also if the computer was asleep at that time."""
    if rule.nightly_hour is None:
        return False
    due = local if local.hour >= rule.nightly_hour else local - timedelta(days=1)
    return rule.last_nightly_day is None or rule.last_nightly_day < _day(due)


def _day(local: datetime) -> str:
    return local.date().isoformat()
