"""Totals are kept in the transaction that changes the rows, whoever changes them."""

from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session

from db import counters
from db.models import Answer, Counter, Face, Person, Photo
from db.session import engine
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.people import people
from tests.factories import add_faces


def answer(db: Session, person: Person, face: Face, kind: str, label: str | None = None) -> None:
    record_answer(db, person, AnswerInput(f"{person.id} {kind} {face.id}", kind, face.id, label))
    db.commit()


def test_totals_follow_every_kind_of_write(db: Session) -> None:
    first, second, third = add_faces(db, 3)
    ada, bob = (people.new_person(db, name, "labeller") for name in ("Ada", "Bob"))
    answer(db, ada, first, "label", "mask")
    answer(db, ada, second, "reject")
    answer(db, bob, third, "label", "mask")
    assert counters.totals(db, "faces") == {"confirmed": 2, "rejected": 1}
    assert counters.totals(db, "labels") == {"mask": 2}
    assert counters.totals(db, "answers") == {"": 3}
    answer(db, bob, third, "undo")
    db.execute(update(Face).where(Face.id == third.id).values(hidden=True))
    assert counters.totals(db, "faces", ["hidden"]) == {"hidden": 1}
    assert sum(counters.totals(db, "answers_of").values()) == 2
    db.execute(update(Photo).values(person_id=ada.id, uploaded_by=ada.id))
    people.merge(db, ada, bob, ada)
    db.commit()
    assert counters.totals(db, "photos_of") == {f"{bob.id}:ready": 1}
    assert counters.totals(db, "photos_by") == {f"{bob.id}:ready": 1}
    assert list(counters.find_problems(db)) == []
    db.execute(delete(Photo))  # its faces and their answers go with it
    db.commit()
    assert list(counters.find_problems(db)) == []
    for kind in ("photos", "photos_of", "faces", "labels", "answers", "answers_of"):
        assert counters.totals(db, kind) == {}, kind


def test_what_is_rolled_back_is_not_counted(db: Session) -> None:
    (face,) = add_faces(db, 1)
    db.execute(update(Face).where(Face.id == face.id).values(state="rejected"))
    db.rollback()
    assert counters.totals(db, "faces") == {"proposed": 1}


def test_two_that_write_at_once_do_not_wait_for_each_other_and_both_count(db: Session) -> None:
    if engine().dialect.name == "sqlite":
        return  # only one writes at a time
    faces = add_faces(db, 2)
    with Session(engine()) as other:
        other.execute(text("SET LOCAL lock_timeout = '1s'"))
        for session, face in ((db, faces[0]), (other, faces[1])):
            session.execute(update(Face).where(Face.id == face.id).values(state="rejected"))
        other.commit()
        db.commit()
    assert counters.totals(db, "faces") == {"rejected": 2}
    counters.fold(db)
    assert counters.totals(db, "faces") == {"rejected": 2}
    assert db.query(Counter).filter(Counter.slot > 0).count() == 0
    assert list(counters.find_problems(db)) == []


def test_a_wrong_count_is_found_and_put_right(db: Session) -> None:
    (face,) = add_faces(db, 1)
    ada = people.new_person(db, "Ada", "labeller")
    answer(db, ada, face, "label", "mask")
    db.execute(update(Counter).where(Counter.kind == "answers").values(amount=5))
    db.execute(delete(Counter).where(Counter.kind == "faces"))
    db.commit()
    assert list(counters.find_problems(db)) == [
        "the count of answers (new) is 4 too large",
        "the count of faces (confirmed) is 1 too small",
    ]
    assert [line.endswith(": put right") for line in counters.repair(db)] == [True, True]
    assert list(counters.find_problems(db)) == []
    assert counters.totals(db, "faces") == {"confirmed": 1}
    assert db.query(Answer).count() == 1


def test_triggers_that_got_lost_come_back_with_what_they_missed(db: Session) -> None:
    with engine().begin() as connection:
        counters.remove(connection)
    add_faces(db, 2)
    assert counters.totals(db, "faces") == {}
    with engine().begin() as connection:
        counters.install(connection)
    add_faces(db, 1)
    assert counters.totals(db, "faces") == {"proposed": 3}
