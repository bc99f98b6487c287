"""Undo and redo: all the way, step by step, each person their own."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Answer, Face, Lease, Person
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.errors import NothingToUndo


def test_undo_goes_back_all_the_way(db: Session, ada: Person, faces: list[Face]) -> None:
    face = faces[0]
    steps = [
        ("label", "mask", None),
        ("adjust", None, (5, 6, 70, 80)),
        ("label", "nomask", None),
        ("reject", None, None),
    ]
    seen = []
    for number, (kind, label, box) in enumerate(steps):
        seen.append((face.state, face.label, face.box))
        record_answer(db, ada, AnswerInput(f"do {number}", kind, face.id, label, box))
    assert (face.state, face.label) == ("rejected", None)
    versions = face.box_version
    for number, before in enumerate(reversed(seen)):
        record_answer(db, ada, AnswerInput(f"undo {number}", "undo"))
        assert (face.state, face.label, face.box) == before
    assert face.box_version > versions, "an embedding of the moved box must not serve the old one"
    with pytest.raises(NothingToUndo):
        record_answer(db, ada, AnswerInput("one too many", "undo"))
    kept = db.scalars(select(Answer.kind).order_by(Answer.id)).all()
    assert kept == ["label", "adjust", "label", "reject"] + ["undo"] * 4


def test_a_newer_answer_ends_the_redo(db: Session, ada: Person, faces: list[Face]) -> None:
    first, second = faces[:2]
    record_answer(db, ada, AnswerInput("first", "label", first.id, "mask"))
    record_answer(db, ada, AnswerInput("take it back", "undo"))
    record_answer(db, ada, AnswerInput("second", "label", second.id, "nomask"))
    with pytest.raises(NothingToUndo):
        record_answer(db, ada, AnswerInput("redo", "redo"))
    assert (first.state, first.label) == ("proposed", None)
    record_answer(db, ada, AnswerInput("redo on the first face", "redo", first.id))
    assert (first.state, first.label) == ("confirmed", "mask"), "the newer answer is on another face"


def test_a_newer_answer_on_the_same_face_ends_the_redo_on_that_face(
    db: Session, ada: Person, faces: list[Face]
) -> None:
    face = faces[0]
    record_answer(db, ada, AnswerInput("first", "label", face.id, "mask"))
    record_answer(db, ada, AnswerInput("take it back", "undo", face.id))
    record_answer(db, ada, AnswerInput("second", "label", face.id, "nomask"))
    with pytest.raises(NothingToUndo):
        record_answer(db, ada, AnswerInput("redo", "redo", face.id))
    assert face.label == "nomask"


def test_a_redo_is_of_the_persons_own_undo_on_that_face(
    db: Session, ada: Person, bob: Person, faces: list[Face]
) -> None:
    first, second = faces[:2]
    for number, (person, face) in enumerate(((ada, first), (ada, second), (bob, faces[2]))):
        record_answer(db, person, AnswerInput(f"do {number}", "label", face.id, "mask"))
    for number, (person, face) in enumerate(((ada, first), (ada, second), (bob, faces[2]))):
        record_answer(db, person, AnswerInput(f"undo {number}", "undo", face.id))
    record_answer(db, ada, AnswerInput("redo", "redo", first.id))
    assert [face.label for face in faces[:3]] == ["mask", None, None]
    with pytest.raises(NothingToUndo):
        record_answer(db, ada, AnswerInput("twice", "redo", first.id))
    with pytest.raises(NothingToUndo):
        record_answer(db, ada, AnswerInput("another's", "redo", faces[2].id))


def test_another_persons_answer_does_not_end_the_redo(
    db: Session, ada: Person, bob: Person, faces: list[Face]
) -> None:
    first, second = faces[:2]
    record_answer(db, ada, AnswerInput("first", "label", first.id, "mask"))
    record_answer(db, ada, AnswerInput("take it back", "undo"))
    record_answer(db, bob, AnswerInput("second", "label", second.id, "nomask"))
    record_answer(db, ada, AnswerInput("redo", "redo"))
    assert (first.label, second.label) == ("mask", "nomask")


def test_an_undo_that_names_a_face_takes_back_that_faces_answer(
    db: Session, ada: Person, faces: list[Face]
) -> None:
    for face in faces[:2]:
        record_answer(db, ada, AnswerInput(f"do {face.id}", "label", face.id, "mask"))
    record_answer(db, ada, AnswerInput("undo", "undo", faces[0].id))
    assert [face.label for face in faces[:2]] == [None, "mask"]


def test_what_was_undone_step_by_step_is_redone_step_by_step(
    db: Session, ada: Person, faces: list[Face]
) -> None:
    for face in faces[:2]:
        record_answer(db, ada, AnswerInput(f"do {face.id}", "label", face.id, "mask"))
    for number in range(2):
        record_answer(db, ada, AnswerInput(f"undo {number}", "undo"))
    record_answer(db, ada, AnswerInput("redo 0", "redo"))
    assert [face.label for face in faces[:2]] == ["mask", None]
    record_answer(db, ada, AnswerInput("redo 1", "redo"))
    assert [face.label for face in faces[:2]] == ["mask", "mask"]


def test_after_an_undo_the_person_holds_the_face_and_judges_it_unseen(
    db: Session, ada: Person, faces: list[Face]
) -> None:
    record_answer(db, ada, AnswerInput("do", "label", faces[0].id, "mask"))
    record_answer(db, ada, AnswerInput("undo", "undo"))
    lease = db.scalars(select(Lease).where(Lease.face_id == faces[0].id)).one()
    assert (lease.person_id, lease.blind) == (ada.id, True)
