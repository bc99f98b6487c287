"""Faces chosen by hand: in their order, never a locked one, and taken back by who chose them."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.models import Event, Person, Photo, Pick
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.errors import BadAnswer, NotFound
from labeller.queue import picks_by_hand
from tests.factories import add_faces


def picks(db: Session) -> list[int]:
    """Faces in the order in which they are to come."""
    query = select(Pick).where(Pick.reason == "chosen", Pick.run_id.is_(None))
    return [pick.face_id for pick in db.scalars(query.order_by(Pick.rank, Pick.id))]


def test_they_come_in_the_order_given_one_choice_after_the_other(db: Session, ada: Person) -> None:
    first, second, third, fourth = (face.id for face in add_faces(db, 4))
    done = picks_by_hand.choose_faces(db, ada, [third, first, third])
    assert (done.sent, done.locked, done.waiting, done.gone) == (2, 0, 0, 0)
    assert picks_by_hand.choose_faces(db, ada, [first, fourth, second]).waiting == 1
    assert picks(db) == [third, first, fourth, second]
    events = list(db.scalars(select(Event).where(Event.kind == "faces_chosen")))
    assert [(event.person_id, len(event.detail["picks"])) for event in events] == [(ada.id, 2), (ada.id, 2)]


def test_what_must_not_or_cannot_be_chosen_is_counted_apart(db: Session, ada: Person) -> None:
    (locked,), (kept, thrown_out, hidden) = add_faces(db, 1, "locked"), add_faces(db, 3)
    (erased,) = add_faces(db, 1)
    record_answer(db, ada, AnswerInput("1", "reject", thrown_out.id))
    db.get_one(Photo, erased.photo_id).status = "erasing"
    db.commit()
    ids = [locked.id, kept.id, thrown_out.id, erased.id, hidden.id, 999_999]
    done = picks_by_hand.choose_faces(db, ada, ids)
    assert (done.sent, done.locked, done.waiting, done.gone) == (2, 1, 0, 3)
    assert picks(db) == [kept.id, hidden.id]
    alone = picks_by_hand.choose_faces(db, ada, [locked.id])
    assert (alone.event_id, alone.sent, alone.locked) == (None, 0, 1)


def test_an_answered_face_can_be_chosen_again(db: Session, ada: Person) -> None:
    (face,) = add_faces(db, 1)
    picks_by_hand.choose_faces(db, ada, [face.id])
    db.commit()
    assert picks_by_hand.choose_faces(db, ada, [face.id]).waiting == 1
    record_answer(db, ada, AnswerInput("1", "label", face.id, "mask"))
    face.decided_at = now() + timedelta(seconds=1)
    db.commit()
    assert picks_by_hand.choose_faces(db, ada, [face.id]).sent == 1


def test_who_chose_takes_it_back_once(db: Session, ada: Person, bob: Person) -> None:
    faces = [face.id for face in add_faces(db, 3)]
    kept = picks_by_hand.choose_faces(db, bob, faces[:1])
    done = picks_by_hand.choose_faces(db, ada, faces)
    db.commit()
    assert (done.sent, kept.event_id is not None) == (2, True)
    assert done.event_id is not None
    with pytest.raises(NotFound):
        picks_by_hand.undo_choice(db, bob, done.event_id)
    assert picks_by_hand.undo_choice(db, ada, done.event_id) == 2
    assert picks(db) == faces[:1]
    with pytest.raises(NotFound):
        picks_by_hand.undo_choice(db, ada, done.event_id)


def test_a_thousand_at_once_and_no_more(db: Session, ada: Person) -> None:
    faces = [face.id for face in add_faces(db, picks_by_hand.MOST)]
    with pytest.raises(BadAnswer, match="1000"):
        picks_by_hand.choose_faces(db, ada, [*faces, 0])
    assert picks_by_hand.choose_faces(db, ada, faces).sent == picks_by_hand.MOST
    db.commit()
    assert picks(db) == faces
