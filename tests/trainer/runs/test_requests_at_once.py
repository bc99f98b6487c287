"""What is asked for many times at the same instant happens once, and everybody gets it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db.models import Answer, Person, Run, Workbench
from db.session import session_scope
from db.workbench import lock_workbench
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.errors import BadAnswer
from labeller.people import people
from tests.factories import add_faces
from tests.labelled import add_labelled_faces
from trainer.runs import requests

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
TIMES = 12
T = TypeVar("T")


def at_once(act: Callable[[Session, int], T]) -> list[T]:
    """Call `act` TIMES times at the same instant, each with a session of its own."""
    everyone = threading.Barrier(TIMES)

    def one(number: int) -> T:
        with session_scope() as session:
            everyone.wait(60)
            result = act(session, number)
            session.commit()
            return result

    with ThreadPoolExecutor(TIMES) as pool:
        return list(pool.map(one, range(TIMES)))


def test_retrain_pressed_by_many_is_one_run(db: Session) -> None:
    add_labelled_faces(db, 40)
    runs = at_once(lambda session, _: requests.request_run(session, "quick").id)
    assert len(set(runs)) == 1
    assert db.scalar(select(func.count(Run.id))) == 1


def test_the_first_who_lock_the_workbench_find_one_row(db: Session) -> None:
    db.execute(delete(Workbench))
    db.commit()
    at_once(lambda session, number: setattr(lock_workbench(session), "train_after", number))
    assert db.scalar(select(func.count()).select_from(Workbench)) == 1


def test_one_key_of_many_people_is_the_answer_of_one_of_them(db: Session) -> None:
    faces = [face.id for face in add_faces(db, TIMES)]
    labellers = [people.new_person(db, f"Labeller {n}", "labeller").id for n in range(TIMES)]
    db.commit()

    def answer(session: Session, number: int) -> str:
        try:
            person = session.get_one(Person, labellers[number])
            record_answer(session, person, AnswerInput("the same key", "label", faces[number], "mask"))
        except BadAnswer as error:
            session.rollback()
            return error.code
        return "recorded"

    assert sorted(at_once(answer)) == ["key_taken"] * (TIMES - 1) + ["recorded"]
    assert db.scalar(select(func.count(Answer.id))) == 1
