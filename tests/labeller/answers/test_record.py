"""Answers: append-only, idempotent, undone all the way, and nobody overwrites anybody in silence."""

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import Answer, Face, Lease, Person, Photo
from labeller.answers.answer_input import AnswerInput, bounded
from labeller.answers.folder_import import record_folder_label
from labeller.answers.record import latest_answers, record_answer
from labeller.errors import AnsweredMeanwhile, BadAnswer, NotFound, NothingToUndo
from labeller.queue.next_faces import next_faces


def test_nobody_has_seen_what_comes_later_whatever_their_clock_says(faces: list[Face]) -> None:
    early, late = now() - timedelta(minutes=5), datetime(9999, 12, 31, tzinfo=timezone(-timedelta(hours=12)))
    claimed = [
        bounded(AnswerInput("key", "label", faces[0].id, "mask", seen_at=at)).seen_at for at in (early, late)
    ]
    assert claimed[0] == early
    assert claimed[1] is not None
    assert claimed[1] <= now()


def test_a_label_confirms_and_the_same_key_counts_once(db: Session, ada: Person, faces: list[Face]) -> None:
    given = AnswerInput("key 1", "label", faces[0].id, "mask", seconds=0.7)
    answer, created = record_answer(db, ada, given)
    again, repeated = record_answer(db, ada, given)
    assert (created, repeated) == (True, False)
    assert answer.id == again.id
    assert (faces[0].state, faces[0].label, faces[0].decided_by) == ("confirmed", "mask", ada.id)


def test_unsure_leaves_the_queue_without_a_label(db: Session, ada: Person, faces: list[Face]) -> None:
    record_answer(db, ada, AnswerInput("key", "unsure", faces[0].id))
    assert (faces[0].state, faces[0].label) == ("proposed", None)
    left = next_faces(db, ada, "label", 10)
    assert [item.face.id for item in left.items] == [face.id for face in faces[1:]]


def test_an_answer_on_a_face_that_somebody_else_answered_meanwhile_is_refused(
    db: Session, ada: Person, bob: Person, faces: list[Face]
) -> None:
    next_faces(db, ada, "label", 1)
    record_answer(db, bob, AnswerInput("bob's", "label", faces[0].id, "nomask"))
    with pytest.raises(AnsweredMeanwhile, match="nomask") as refused:
        record_answer(db, ada, AnswerInput("ada's", "label", faces[0].id, "mask"))
    assert "Bob" in refused.value.message
    db.rollback()


def test_who_was_shown_the_other_answer_may_correct_it(
    db: Session, ada: Person, bob: Person, faces: list[Face]
) -> None:
    record_answer(db, bob, AnswerInput("bob's", "label", faces[0].id, "nomask"))
    db.add(Lease(face_id=faces[0].id, person_id=ada.id, seen_at=now(), until=now() + timedelta(minutes=1)))
    db.flush()
    record_answer(db, ada, AnswerInput("ada's", "label", faces[0].id, "mask"))
    assert faces[0].label == "mask"
    record_answer(db, ada, AnswerInput("ada takes hers back", "undo", faces[0].id))
    assert faces[0].label == "nomask"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (AnswerInput("k", "label", 1, "hat"), "no class"),
        (AnswerInput("k", "label", 1), "needs a label"),
        (AnswerInput("k", "adjust", 1), "needs a box"),
        (AnswerInput("k", "adjust", 1, box=(390, 0, 50, 50)), "outside the photo"),
        (AnswerInput("k", "adjust", 1, box=(0, 0, 1, 50)), "too small"),
        (AnswerInput("k", "dance", 1), "no answer"),
    ],
)
def test_an_answer_that_does_not_fit_says_why(
    db: Session, ada: Person, faces: list[Face], given: AnswerInput, words: str
) -> None:
    fitting = AnswerInput(given.client_key, given.kind, faces[0].id, given.label, given.box)
    with pytest.raises(BadAnswer, match=words):
        record_answer(db, ada, fitting)
    db.rollback()
    assert db.scalars(select(Answer)).all() == []


def test_keys_and_faces_of_others_stay_theirs(
    db: Session, ada: Person, bob: Person, faces: list[Face]
) -> None:
    record_answer(db, ada, AnswerInput("key", "label", faces[0].id, "mask"))
    with pytest.raises(BadAnswer, match="another person"):
        record_answer(db, bob, AnswerInput("key", "label", faces[1].id, "mask"))
    with pytest.raises(NothingToUndo):
        record_answer(db, bob, AnswerInput("not mine", "undo", faces[0].id))
    with pytest.raises(NotFound):
        record_answer(db, bob, AnswerInput("nowhere", "label", 10_000, "mask"))


def test_two_people_never_hold_the_same_face_until_a_lease_runs_out(
    db: Session, ada: Person, bob: Person, faces: list[Face]
) -> None:
    hers = {item.face.id for item in next_faces(db, ada, "label", 2).items}
    his = {item.face.id for item in next_faces(db, bob, "label", 10).items}
    assert hers.isdisjoint(his)
    assert hers | his == {face.id for face in faces}
    assert {item.face.id for item in next_faces(db, ada, "label", 2).items} == hers
    db.execute(update(Lease).values(until=now() - timedelta(seconds=1)))
    assert len(next_faces(db, bob, "label", 10).items) == len(faces)


def test_a_drawn_face_is_an_answer_too(db: Session, ada: Person, faces: list[Face]) -> None:
    photo = db.get_one(Photo, faces[0].photo_id)
    given = AnswerInput("drawn", "draw", photo_id=photo.id, box=(100, 100, 40, 40), label="mask")
    drawn = record_answer(db, ada, given)[0].face
    assert record_answer(db, ada, given)[0].face is drawn, "the same key draws one face"
    assert (drawn.source, drawn.state, drawn.label) == ("human", "confirmed", "mask")
    with pytest.raises(BadAnswer):
        record_answer(db, ada, AnswerInput("outside", "draw", photo_id=photo.id, box=(380, 100, 40, 40)))
    record_answer(db, ada, AnswerInput("never mind", "undo"))
    assert (drawn.state, drawn.label) == ("rejected", None)
    record_answer(db, ada, AnswerInput("after all", "redo"))
    assert (drawn.state, drawn.label) == ("confirmed", "mask")


def test_the_folder_of_a_photo_answers_for_its_face(db: Session, ada: Person, faces: list[Face]) -> None:
    face = faces[0]
    photo = db.get_one(Photo, face.photo_id)
    photo.folder_label, photo.uploaded_by = "mask", ada.id
    record_folder_label(db, face, photo)
    answer = db.scalars(select(Answer)).one()
    assert (answer.face_id, answer.person_id, answer.kind, answer.label) == (face.id, ada.id, "label", "mask")
    assert answer.client_key == f"folder:{photo.sha256}:{face.id}"
    assert (face.state, face.label, face.decided_by) == ("confirmed", "mask", ada.id)


def test_the_latest_answers_are_ones_own_that_stand_newest_first(
    db: Session, ada: Person, bob: Person, faces: list[Face]
) -> None:
    for face in faces:
        record_answer(db, ada, AnswerInput(f"ada {face.id}", "label", face.id, "mask"))
    record_answer(db, ada, AnswerInput("undo", "undo", faces[3].id))
    record_answer(db, bob, AnswerInput("bob", "label", faces[3].id, "mask"))
    db.commit()
    assert [answer.face_id for answer in latest_answers(db, ada)] == [face.id for face in faces[2::-1]]
    assert [answer.face_id for answer in latest_answers(db, ada, 2)] == [faces[2].id, faces[1].id]
    db.execute(update(Photo).where(Photo.id == faces[2].photo_id).values(status="erasing"))
    shown = [face.id for face in faces[2::-1] if face.photo_id != faces[2].photo_id]
    assert [answer.face_id for answer in latest_answers(db, ada)] == shown


def test_a_label_gives_the_face_back_and_a_moved_box_does_not(
    db: Session, ada: Person, faces: list[Face]
) -> None:
    next_faces(db, ada, "label", 1)
    lease = db.get_one(Lease, faces[0].id)
    record_answer(db, ada, AnswerInput("move", "adjust", faces[0].id, box=(5, 6, 70, 80)))
    db.refresh(lease)
    assert lease.until > now()
    record_answer(db, ada, AnswerInput("do", "label", faces[0].id, "mask"))
    db.refresh(lease)
    assert lease.until <= now()
