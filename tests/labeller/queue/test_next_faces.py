"""The review queue: what the live model is least sure about, and what it doubts."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from db.base import now
from db.models import Person
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.errors import BadAnswer
from labeller.queue.next_faces import next_faces
from labeller.queue.waiting import count_waiting
from tests.factories import add_faces, add_live_run, add_score


def test_least_sure_comes_first(db: Session, ada: Person) -> None:
    faces, run = add_faces(db, 4), add_live_run(db)
    for face, mask in zip(faces, (0.9, 0.52, 0.3, 0.05), strict=True):
        add_score(db, run, face, mask)
    batch = next_faces(db, ada, "review", 10)
    assert [item.face.id for item in batch.items] == [faces[i].id for i in (1, 2, 0, 3)]
    assert batch.remaining == 4
    assert all(item.reason == "uncertain" for item in batch.items)
    assert "cannot decide" in batch.items[0].text


def test_without_a_model_there_is_nothing_to_review(db: Session, ada: Person) -> None:
    add_faces(db, 2)
    assert next_faces(db, ada, "review", 10).items == []
    assert count_waiting(db, None, "review") == 0


def test_locked_faces_and_stale_scores_are_never_chosen_by_the_model(db: Session, ada: Person) -> None:
    (locked,), (moved,), run = add_faces(db, 1, "locked"), add_faces(db, 1), add_live_run(db)
    add_score(db, run, locked, 0.5)
    add_score(db, run, moved, 0.5)
    record_answer(db, ada, AnswerInput("move", "adjust", moved.id, box=(1, 2, 30, 40)))
    assert next_faces(db, ada, "review", 10).items == []


def test_an_answered_face_comes_back_only_for_a_reason(db: Session, ada: Person) -> None:
    (agreed, doubted, unsure, thrown_out), run = add_faces(db, 4), add_live_run(db)
    for face in (agreed, doubted, unsure, thrown_out):
        add_score(db, run, face, 0.9)
    record_answer(db, ada, AnswerInput("1", "label", agreed.id, "mask"))
    record_answer(db, ada, AnswerInput("2", "label", doubted.id, "nomask"))
    record_answer(db, ada, AnswerInput("3", "unsure", unsure.id))
    record_answer(db, ada, AnswerInput("4", "reject", thrown_out.id))
    batch = next_faces(db, ada, "review", 10)
    assert {item.face.id: item.reason for item in batch.items} == {
        doubted.id: "suspect",
        unsure.id: "disagreement",
    }
    # Confirmed after the model came: the person has the last word.
    run.finished_at = now() - timedelta(minutes=1)
    db.flush()
    assert next_faces(db, ada, "review", 10).items == []


def test_an_unknown_queue_is_refused(db: Session, ada: Person) -> None:
    with pytest.raises(BadAnswer):
        next_faces(db, ada, "guess", 1)
