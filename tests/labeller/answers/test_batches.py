"""One answer for many faces, undone as one."""

import pytest
from sqlalchemy.orm import Session

from db.base import now
from db.models import Answer, Person
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


def test_the_undo_of_a_batch_is_an_answer_for_each(db: Session, ada: Person) -> None:
    faces = add_faces(db, 3)
    batch, _, _ = record_batch(db, ada, [face.id for face in faces], BatchAnswer("label", "mask", now()))
    recorded = [answer.id for answer in db.query(Answer)]
    assert undo_batch(db, ada, batch) == 3
    db.commit()
    undos = db.query(Answer).filter(Answer.id.not_in(recorded)).order_by(Answer.face_id).all()
    assert [(undo.kind, undo.undoes_id, undo.face_id, undo.person_id) for undo in undos] == [
        ("undo", answer, face.id, ada.id) for answer, face in zip(recorded, faces, strict=True)
    ]
    assert all(db.get_one(Answer, answer).undone_at is not None for answer in recorded)


def test_who_was_shown_the_other_answers_may_overrule_them_all(db: Session, ada: Person, bob: Person) -> None:
    faces = add_faces(db, 2)
    for face in faces:
        record_answer(db, bob, AnswerInput(f"bob {face.id}", "label", face.id, "nomask"))
    db.commit()
    chosen = [face.id for face in faces]
    _, done, left = record_batch(db, ada, chosen, BatchAnswer("label", "mask", now()))
    assert (done, left) == (2, 0)
    assert [face.label for face in faces] == ["mask", "mask"]


def test_a_face_that_is_skipped_does_not_end_the_batch(db: Session, ada: Person, bob: Person) -> None:
    faces, seen_at = add_faces(db, 3), now()
    record_answer(db, bob, AnswerInput("bob", "label", faces[0].id, "nomask"))
    db.commit()
    chosen = [face.id for face in faces]
    assert record_batch(db, ada, chosen, BatchAnswer("label", "mask", seen_at))[1:] == (2, 1)
