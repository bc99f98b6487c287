"""Runs as jobs: one is at work and one may be queued."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from db import jobs
from db.base import now
from db.models import Run


def running_and_queued(db: Session) -> tuple[Run, Run]:
    """Two runs, the first of which a worker holds."""
    first, second = (Run(recipe={}, seed=0, classes=[], status="queued") for _ in range(2))
    db.add(first)
    db.commit()
    assert jobs.claim(db, Run, first.id, 0, jobs.Holder("train@here", 30))
    db.add(second)
    db.commit()
    return first, second


def test_a_second_run_waits_until_the_first_is_done(db: Session) -> None:
    first, second = running_and_queued(db)
    assert not jobs.claim(db, Run, second.id, 0, jobs.Holder("train", 30))
    db.execute(update(Run).where(Run.id == first.id).values(status="done"))
    db.commit()
    assert jobs.claim(db, Run, second.id, 0, jobs.Holder("train", 30))


@pytest.mark.usefixtures("sent")
def test_a_run_whose_worker_died_goes_on_before_the_one_that_is_queued(db: Session) -> None:
    first, second = running_and_queued(db)
    jobs.release(db, "train@here")
    jobs.sweep(db)
    assert not jobs.claim(db, Run, second.id, 0, jobs.Holder("train@here", 30)), "the first is not over"
    again = jobs.claim(db, Run, first.id, 1, jobs.Holder("train@here", 30))
    assert again is not None
    assert not jobs.claim(db, Run, first.id, 1, jobs.Holder("train@there", 30)), "it is claimed once"
    jobs.write(db, again, 0, status="done")
    db.commit()
    assert jobs.claim(db, Run, second.id, 0, jobs.Holder("train@here", 30))


def test_a_lost_message_of_a_run_that_was_given_back_is_sent_again(
    db: Session, sent: list[tuple[str, tuple[object, ...]]]
) -> None:
    first, _ = running_and_queued(db)
    jobs.release(db, "train@here")
    sent.clear()
    db.execute(update(Run).values(sent_at=now() - jobs.RESEND_AFTER - timedelta(seconds=1)))
    db.commit()
    jobs.sweep(db)
    assert ("trainer.train", (first.id, 1)) in sent
