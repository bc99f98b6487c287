"""One answer for many faces, undone as one."""

import pytest
from sqlalchemy.orm import Session

from db.base import now
from db.models import Answer
from labeller.answers.answer_input import AnswerInput
from labeller.answers.batches import BatchAnswer, record_batch, undo_batch
from labeller.answers.record import record_answer
from labeller.errors import BadAnswer
from labeller.people import people
from tests.factories import add_faces


def test_many_answers_at_once_are_recorded_singly_and_undone_together(db: Session) -> None:
    owner, bob = people.owner(db), people.new_person(db, "Bob", "labeller")
    faces = add_faces(db, 5)
    record_answer(db, owner, AnswerInput("before", "label", faces[0].id, "nomask"))
    db.commit()
    seen_at = now()
    record_answer(db, bob, AnswerInput("b", "label", faces[4].id, "nomask"))
    chosen = [face.id for face in faces] + [999]
    batch, done, left = record_batch(db, owner, chosen, BatchAnswer("label", "mask", seen_at))
    db.commit()
    assert (done, left) == (4, 2), "what somebody else answered meanwhile, and what is gone, stays as it is"
    assert [face.label for face in faces] == ["mask"] * 4 + ["nomask"]
    assert db.query(Answer).count() == 6
    record_answer(db, owner, AnswerInput("later", "reject", faces[1].id))
    assert undo_batch(db, bob, batch) == 0, "only its own"
    assert undo_batch(db, owner, batch) == 4
    db.commit()
    assert [face.label for face in faces] == ["nomask", None, None, None, "nomask"]
    assert faces[1].state == "rejected", "an answer of its own stays"
    assert undo_batch(db, owner, batch) == 0
    with pytest.raises(BadAnswer):
        record_batch(db, owner, [faces[0].id], BatchAnswer("label", "hat", now()))
