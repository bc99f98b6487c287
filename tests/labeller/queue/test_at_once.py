"""Many labellers ask at the same instant: nobody goes empty, and no face is served twice."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from db.models import Face, Person
from db.session import session_scope
from db.settings import settings
from labeller.answers.boxes import take_next_incomplete
from labeller.people import people
from labeller.queue.bulk import sure_faces
from labeller.queue.items import Item
from labeller.queue.next_faces import next_faces
from tests.factories import add_faces, add_live_run, add_score

LABELLERS, LIMIT = 8, 30
T = TypeVar("T")


def ask_at_once(db: Session, ask: Callable[[Session, Person], T]) -> list[T]:
    """What each labeller gets."""
    ids = [people.new_person(db, f"Labeller {n}", "labeller").id for n in range(LABELLERS)]
    db.commit()
    everyone = threading.Barrier(LABELLERS)

    def one(id: int) -> T:
        with session_scope() as session:
            person = session.get_one(Person, id)
            everyone.wait(60)
            answer = ask(session, person)
            session.commit()
            return answer

    with ThreadPoolExecutor(LABELLERS) as pool:
        return list(pool.map(one, ids))


def ask_queue(mode: str) -> Callable[[Session, Person], list[int]]:
    return lambda session, person: ids_of(next_faces(session, person, mode, LIMIT).items)


def ids_of(items: list[Item]) -> list[int]:
    return [item.face.id for item in items]


@pytest.mark.slow
def test_each_gets_as_many_as_asked_for_and_no_face_twice(db: Session) -> None:
    add_faces(db, 2000)
    served = ask_at_once(db, ask_queue("label"))
    assert [len(faces) for faces in served] == [LIMIT] * LABELLERS
    assert len({face for faces in served for face in faces}) == LABELLERS * LIMIT


def test_only_what_needs_two_opinions_is_served_while_faces_are_few(db: Session) -> None:
    add_faces(db, LABELLERS * LIMIT // 2)
    served = ask_at_once(db, ask_queue("label"))
    faces = [face for of_one in served for face in of_one]
    assert len(faces) == len(set(faces)) == LABELLERS * LIMIT // 2, "all that there are, each once"


@pytest.mark.slow
def test_in_review_and_in_bulk_nobody_goes_empty_either(db: Session) -> None:
    faces, run = add_faces(db, 600), add_live_run(db)
    for number, face in enumerate(faces):
        add_score(db, run, face, 0.99 if number % 2 else 0.6)
    db.commit()
    reviewed = ask_at_once(db, ask_queue("review"))
    assert [len(of_one) for of_one in reviewed] == [LIMIT] * LABELLERS
    assert len({face for of_one in reviewed for face in of_one}) == LABELLERS * LIMIT
    confirmed = ask_at_once(
        db, lambda session, person: ids_of(sure_faces(session, person, None, LIMIT).items)
    )
    sure = [face for of_one in confirmed for face in of_one]
    assert all(confirmed), "300 faces are sure, and eight labellers want 240"
    assert len(sure) == len(set(sure)) == LABELLERS * LIMIT


@pytest.mark.slow
def test_gold_faces_go_to_every_new_labeller(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings(), "gold_faces", 2)
    faces = add_faces(db, 400)
    gold = [face.id for face in faces[:2]]
    db.execute(
        update(Face).where(Face.id.in_(gold)).values(gold=True, waiting=False, opinions=1, label="mask")
    )
    db.commit()
    served = ask_at_once(db, ask_queue("label"))
    assert [len(of_one) for of_one in served] == [LIMIT] * LABELLERS
    shown = {face for of_one in served for face in of_one}
    assert shown >= set(gold)
    assert len(shown) >= LABELLERS * (LIMIT - len(gold))


def test_what_others_hold_is_said(db: Session, ada: Person, bob: Person) -> None:
    add_faces(db, 5)
    assert len(next_faces(db, ada, "label", 5).items) == 5
    batch = next_faces(db, bob, "label", 5)
    assert (batch.items, batch.remaining, batch.with_others) == ([], 0, 5)


@pytest.mark.slow
def test_each_corrects_the_boxes_of_another_photo(db: Session, ada: Person) -> None:
    photos = {add_faces(db, 2)[0].photo_id for _ in range(LABELLERS)}

    def ask(session: Session, person: Person) -> int | None:
        return take_next_incomplete(session, person, 0)

    served = ask_at_once(db, ask)
    assert set(served) == photos
    assert take_next_incomplete(db, ada, 0) == min(photos), "better than nothing"
