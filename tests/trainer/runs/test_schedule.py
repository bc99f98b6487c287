"""Runs that start automatically: after a number of new answers, or at night."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from db.base import now
from db.models import Answer, Run
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.people import people
from tests.labelled import add_labelled_faces
from trainer.errors import BadSchedule
from trainer.runs import requests, schedule

NIGHT = datetime(2026, 11, 24, 3, 30)


def let_time_pass(db: Session) -> None:
    """Set the last answer a while back."""
    db.execute(update(Answer).values(created_at=now() - timedelta(minutes=1)))
    db.commit()


def finish(db: Session, run: Run) -> None:
    """End the run as failed, with the answers marked that it collected."""
    db.execute(update(Answer).where(Answer.run_id.is_(None)).values(run_id=run.id))
    run.status = "failed"
    db.commit()


def test_no_run_starts_without_a_rule_or_enough_answers(db: Session) -> None:
    add_labelled_faces(db, 40)
    let_time_pass(db)
    assert schedule.start_due_run(db) is None
    schedule.set_rule(db, 41, None)
    assert schedule.start_due_run(db) is None


def test_one_run_starts_when_there_are_enough_answers(db: Session) -> None:
    add_labelled_faces(db, 40)
    schedule.set_rule(db, 25, None)
    assert schedule.start_due_run(db) is None, "somebody is still labelling"
    let_time_pass(db)
    run = schedule.start_due_run(db)
    assert run is not None
    assert schedule.start_due_run(db) is None, "it has not ended"
    finish(db, run)
    assert schedule.start_due_run(db) is None, "a failed run is not tried again without new answers"
    assert schedule.new_answers(db)[0] == 0


def test_a_run_starts_although_the_count_skips_the_number(db: Session) -> None:
    """Answers come in batches and some are undone: those that stand and are new count."""
    faces = add_labelled_faces(db, 60)
    finish(db, requests.request_run(db, {}))
    owner = people.owner(db)
    for face in faces[:9]:
        record_answer(db, owner, AnswerInput(f"again:{face.id}", "label", face.id, "mask", seen_at=now()))
    record_answer(db, owner, AnswerInput("back", "undo", faces[0].id))
    schedule.set_rule(db, 10, None)
    let_time_pass(db)
    assert schedule.new_answers(db)[0] == 8
    assert schedule.start_due_run(db) is None
    for face in faces[9:20]:
        record_answer(db, owner, AnswerInput(f"again:{face.id}", "label", face.id, "mask", seen_at=now()))
    let_time_pass(db)
    assert schedule.new_answers(db)[0] == 19, "more than the number, which it never equalled"
    assert schedule.start_due_run(db) is not None


def test_a_run_with_twice_the_answers_does_not_wait_for_a_pause(db: Session) -> None:
    add_labelled_faces(db, 40)
    schedule.set_rule(db, 20, None)
    assert schedule.start_due_run(db) is not None


def test_a_nightly_run_starts_once_and_only_for_new_answers(db: Session) -> None:
    add_labelled_faces(db, 40)
    rule = schedule.set_rule(db, 0, 3)
    rule.last_nightly_day = "2026-11-23"
    assert schedule.start_due_run(db, NIGHT - timedelta(hours=1)) is None
    run = schedule.start_due_run(db, NIGHT)
    assert run is not None
    finish(db, run)
    assert schedule.start_due_run(db, NIGHT + timedelta(hours=2)) is None
    assert schedule.start_due_run(db, NIGHT + timedelta(days=1)) is None, "nothing is new"


def test_a_computer_that_slept_through_the_hour_catches_up(db: Session) -> None:
    add_labelled_faces(db, 40)
    schedule.set_rule(db, 0, 3).last_nightly_day = "2026-11-20"
    assert schedule.start_due_run(db, NIGHT - timedelta(hours=2)) is not None


def test_too_few_labels_start_no_run_and_raise_nothing(db: Session) -> None:
    add_labelled_faces(db, 4)
    schedule.set_rule(db, 1, None)
    let_time_pass(db)
    assert schedule.start_due_run(db) is None


@pytest.mark.parametrize(("answers_needed", "hour"), [(-1, None), (1_000_000, None), (0, 24)])
def test_rules_out_of_range_are_refused(db: Session, answers_needed: int, hour: int | None) -> None:
    with pytest.raises(BadSchedule):
        schedule.set_rule(db, answers_needed, hour)
