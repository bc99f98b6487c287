"""When the train worker is needed, which holds TensorFlow and ends when it is not."""

import time
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from db import queue
from db.base import now
from db.models import Answer
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.people import people
from tests.factories import add_faces, add_live_run
from trainer.runs import needs


@pytest.fixture
def sent(db: Session, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks sent, by a process that has just started beside an empty broker."""
    tasks: list[str] = []
    monkeypatch.setattr(queue, "send", lambda task, args: tasks.append(task))
    monkeypatch.setattr("db.jobs.waiting_messages", lambda name: 0)
    monkeypatch.setattr(needs, "_warmed_at", time.monotonic() - needs.WARM_EVERY - 1)
    monkeypatch.setattr(needs, "_planned_for", None)
    return tasks


def test_it_is_needed_while_faces_have_no_score_and_nothing_is_queued(
    db: Session, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    needs.score_if_needed(db)
    assert sent == [], "there is nothing at all"
    add_faces(db, 3)
    add_live_run(db)
    db.commit()
    needs.score_if_needed(db)
    assert sent == [queue.SCORE_NEW_FACES]
    monkeypatch.setattr("db.jobs.waiting_messages", lambda name: 1)
    needs.score_if_needed(db)
    assert sent == [queue.SCORE_NEW_FACES]


def test_a_plan_that_came_to_nothing_is_not_asked_for_again_before_something_changes(
    db: Session, sent: list[str]
) -> None:
    faces = add_faces(db, 25)
    needs.score_if_needed(db)
    needs.score_if_needed(db)
    assert sent == [queue.SCORE_NEW_FACES]
    record_answer(db, people.owner(db), AnswerInput("a", "label", faces[0].id, "mask"))
    db.commit()
    needs.score_if_needed(db)
    assert sent == [queue.SCORE_NEW_FACES] * 2
    for face in faces[1:6]:
        face.doubtful = True
    db.commit()
    needs.score_if_needed(db)
    assert sent == [queue.SCORE_NEW_FACES] * 2, "fewer than a batch come anyway"


def test_it_is_kept_warm_while_somebody_labels_by_one_message_a_minute(
    db: Session, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    face = add_faces(db, 1)[0]
    needs.keep_warm(db)
    assert sent == []
    record_answer(db, people.owner(db), AnswerInput("a", "label", face.id, "mask"))
    db.commit()
    needs.keep_warm(db)
    needs.keep_warm(db)
    assert sent == [queue.WARM_UP]
    monkeypatch.setattr(needs, "_warmed_at", time.monotonic() - needs.WARM_EVERY - 1)
    db.query(Answer).one().created_at = now() - needs.LABELLING_WITHIN - timedelta(seconds=1)
    db.commit()
    needs.keep_warm(db)
    assert sent == [queue.WARM_UP], "nobody labels any more"
