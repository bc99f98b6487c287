"""Keeping a photo that a model was tried on: each face once, whoever has looked before."""

from collections.abc import Sequence

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.errors import BadInput, Forbidden, NotFound
from db.models import Answer, Face, Person, Photo, Run
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.answers.tried import Correction, Tried, keep_tried, require_tried
from labeller.people import people
from labeller.people.trying import set_friends_may_try
from labeller.photos.box import Box
from tests.factories import add_faces, add_live_run

AT_FIRST: Box = (2.0, 22.0, 46.0, 58.0)
"""On the first face of `add_faces`, as another detector sees it."""
ELSEWHERE: Box = (250.0, 150.0, 60.0, 70.0)


@pytest.fixture
def run(db: Session) -> Run:
    return add_live_run(db)


@pytest.fixture
def photo(db: Session) -> Photo:
    return add_faces(db, 1)[0].photo


def keep(
    db: Session, person: Person, photo: Photo, run: Run, *given: tuple[Box, str | None], key: str = "key"
) -> Sequence[Face]:
    tried = Tried(run.id, [Correction(*one) for one in given], key)
    require_tried(db, person, tried)
    return keep_tried(db, person, photo, tried)


def counts(db: Session) -> tuple[int, int]:
    return db.scalar(select(func.count(Face.id))) or 0, db.scalar(select(func.count(Answer.id))) or 0


def test_a_correction_answers_the_face_that_is_there_and_draws_one_that_is_not(
    db: Session, ada: Person, photo: Photo, run: Run
) -> None:
    faces = keep(db, ada, photo, run, (AT_FIRST, "mask"), (ELSEWHERE, "nomask"))
    assert photo.tried_run_id == run.id
    assert [(face.box, face.source, face.state, face.label) for face in faces] == [
        ((0.0, 20.0, 50.0, 60.0), "centerface", "confirmed", "mask"),
        (ELSEWHERE, "human", "confirmed", "nomask"),
    ]
    assert counts(db) == (2, 2)


@pytest.mark.parametrize("key", ["key", "another key"])
def test_to_send_it_again_doubles_nothing(db: Session, ada: Person, photo: Photo, run: Run, key: str) -> None:
    given = ((AT_FIRST, "mask"), (ELSEWHERE, "nomask"), ((320.0, 10.0, 40.0, 40.0), None))
    first = keep(db, ada, photo, run, *given)
    assert (first[2].state, first[2].label) == ("rejected", None)
    before = counts(db)
    again = keep(db, ada, photo, run, *given, key=key)
    assert [face.id for face in again] == [face.id for face in first]
    assert counts(db) == before


def test_a_correction_that_another_person_would_not_give_is_one_more_opinion(
    db: Session, ada: Person, bob: Person, photo: Photo, run: Run
) -> None:
    record_answer(db, bob, AnswerInput("bob's", "label", photo.faces[0].id, "nomask"))
    (face,) = keep(db, ada, photo, run, (AT_FIRST, "mask"))
    assert (face.disputed, face.label, face.opinions) == (True, "nomask", 2)
    assert not face.waiting, "whoever settles disputes is asked, nobody else"


def test_one_may_correct_oneself(db: Session, ada: Person, photo: Photo, run: Run) -> None:
    keep(db, ada, photo, run, (AT_FIRST, "mask"))
    (face,) = keep(db, ada, photo, run, (AT_FIRST, "nomask"), key="later")
    assert (face.label, face.disputed, face.waiting) == ("nomask", False, False)


def test_a_box_that_reaches_beyond_the_photo_is_cut_at_its_edge(
    db: Session, ada: Person, photo: Photo, run: Run
) -> None:
    (face,) = keep(db, ada, photo, run, ((350.0, -12.0, 80.0, 90.0), "mask"))
    assert face.box == (350.0, 0.0, 50.0, 78.0)
    with pytest.raises(BadInput, match="outside the photo"):
        keep(db, ada, photo, run, ((400.0, 10.0, 80.0, 90.0), "mask"), key="outside")


def test_what_cannot_be_kept_is_refused_before_anything_is_stored(
    db: Session, ada: Person, photo: Photo, run: Run
) -> None:
    friend = people.new_person(db, "Finn", "friend")
    with pytest.raises(Forbidden, match="may not try"):
        keep(db, friend, photo, run)
    set_friends_may_try(db, True, people.owner(db))
    keep(db, friend, photo, run)
    with pytest.raises(Forbidden, match="not say what is right"):
        keep(db, friend, photo, run, (AT_FIRST, "mask"))
    with pytest.raises(BadInput, match="no class “hat”"):
        keep(db, ada, photo, run, (AT_FIRST, "hat"))
    run.status = "running"
    with pytest.raises(NotFound, match="not done"):
        keep(db, ada, photo, run)
    assert counts(db) == (1, 0)
