"""Assignments: what is in them, who gets which faces, and when they are done."""

import itertools

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.base import now
from db.models import AssignedFace, Assignment, Face, Group, Lease, Person, Photo
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.assignments import create, progress
from labeller.assignments.serve import next_assigned
from labeller.datasets import tags
from labeller.datasets.sources import Selection, with_tag
from labeller.erasure.finish import erase_photo, finish_pending
from labeller.errors import BadAssignment, NotFound
from labeller.people import people
from labeller.queue.next_faces import next_faces
from labeller.reports.gallery import Filter
from tests.factories import add_faces

keys = itertools.count()


@pytest.fixture
def owner(db: Session) -> Person:
    return people.owner(db)


@pytest.fixture
def faces(db: Session) -> list[Face]:
    return add_faces(db, 4)


@pytest.fixture
def assignment(db: Session, owner: Person, ada: Person, faces: list[Face]) -> Assignment:
    """Three of four faces for Ada, the last first."""
    ids = [face.id for face in faces[:0:-1]]
    made = create.assign_faces(db, owner, ada.id, "Scarves", ids).assignment
    db.commit()
    return made


def answer(db: Session, person: Person, face: Face, kind: str = "label") -> None:
    label = "mask" if kind == "label" else None
    record_answer(db, person, AnswerInput(f"key {next(keys)}", kind, face.id, label))
    db.commit()


def served(db: Session, person: Person, assignment: Assignment, limit: int = 10) -> list[int]:
    batch = next_assigned(db, person, assignment.id, limit)
    db.commit()
    return [item.face.id for item in batch.items]


def how_far(db: Session, assignment: Assignment) -> tuple[str, int, int, list[tuple[str, int]]]:
    row = progress.progress_of(db, assignment)
    return row.state, row.answered, row.total, row.by


def test_faces_come_in_their_order_with_the_reason(
    db: Session, ada: Person, assignment: Assignment, faces: list[Face]
) -> None:
    batch = next_assigned(db, ada, assignment.id, 2)
    assert [item.face.id for item in batch.items] == [faces[3].id, faces[2].id]
    assert batch.remaining == 3
    item = batch.items[0]
    assert (item.reason, item.text % item.values) == ("assigned", "Assigned to you: Scarves.")


def test_it_is_done_once_all_are_answered_by_whomever(
    db: Session, owner: Person, ada: Person, assignment: Assignment, faces: list[Face]
) -> None:
    assert how_far(db, assignment) == ("open", 0, 3, [])
    answer(db, ada, faces[1])
    answer(db, owner, faces[2], "unsure")
    answer(db, ada, faces[0])  # is not in it
    assert served(db, ada, assignment) == [faces[3].id]
    assert how_far(db, assignment) == ("open", 2, 3, [("Ada", 1), (owner.name, 1)])
    assert [row.assignment.id for row in progress.waiting_for(db, ada)] == [assignment.id]
    answer(db, ada, faces[3], "reject")
    assert how_far(db, assignment)[:3] == ("done", 3, 3)
    assert served(db, ada, assignment) == []
    assert progress.waiting_for(db, ada) == []


def test_an_answer_that_is_taken_back_opens_the_face_again(
    db: Session, ada: Person, assignment: Assignment, faces: list[Face]
) -> None:
    answer(db, ada, faces[3])
    answer(db, ada, faces[3], "undo")
    assert how_far(db, assignment)[:3] == ("open", 0, 3)
    assert served(db, ada, assignment)[0] == faces[3].id
    answer(db, ada, faces[3], "redo")
    assert how_far(db, assignment)[:3] == ("open", 1, 3)


def test_what_was_answered_before_is_to_be_answered_again(
    db: Session, owner: Person, ada: Person, faces: list[Face]
) -> None:
    answer(db, owner, faces[0])
    again = create.assign_faces(db, owner, ada.id, "Again", [faces[0].id]).assignment
    db.commit()
    assert how_far(db, again)[:3] == ("open", 0, 1)
    (item,) = next_assigned(db, ada, again.id, 5).items
    assert item.label == "mask"
    record_answer(db, ada, AnswerInput("box", "adjust", faces[0].id, box=(1, 1, 50, 60)))
    assert how_far(db, again)[:3] == ("open", 0, 1)  # a box is no opinion
    answer(db, ada, faces[0])
    assert how_far(db, again)[:3] == ("done", 1, 1)


def test_nobody_else_gets_a_face_meanwhile_and_only_its_person_the_assignment(
    db: Session, owner: Person, ada: Person, assignment: Assignment, faces: list[Face]
) -> None:
    assert len(served(db, ada, assignment)) == 3
    assert [item.face.id for item in next_faces(db, owner, "label", 9).items] == [faces[0].id]
    with pytest.raises(NotFound):
        next_assigned(db, owner, assignment.id, 5)
    bob = people.new_person(db, "Bob", "labeller")
    with pytest.raises(NotFound):
        progress.own_assignment(db, bob, assignment.id)
    assert progress.own_assignment(db, owner, assignment.id) == assignment
    assert [len(progress.visible(db, person)) for person in (owner, ada, bob)] == [1, 1, 0]


def test_what_others_hold_is_said(
    db: Session, owner: Person, ada: Person, assignment: Assignment, faces: list[Face]
) -> None:
    next_faces(db, owner, "label", 9)
    db.commit()
    batch = next_assigned(db, ada, assignment.id, 5)
    assert (batch.items, batch.remaining, batch.with_others) == ([], 0, 3)
    assert db.scalar(select(func.count()).select_from(Lease).where(Lease.person_id == ada.id)) == 0


def test_a_withdrawn_one_serves_nothing_and_keeps_what_was_answered(
    db: Session, owner: Person, ada: Person, assignment: Assignment, faces: list[Face]
) -> None:
    answer(db, ada, faces[1])
    at = create.withdraw(db, owner, assignment.id).withdrawn_at
    assert create.withdraw(db, owner, assignment.id).withdrawn_at == at
    with pytest.raises(NotFound):
        next_assigned(db, ada, assignment.id, 5)
    assert progress.waiting_for(db, ada) == []
    assert how_far(db, assignment)[:3] == ("withdrawn", 1, 3)
    assert faces[1].label == "mask"


def test_locked_and_deleted_faces_stay_out(
    db: Session, owner: Person, ada: Person, faces: list[Face]
) -> None:
    (locked,) = add_faces(db, 1, "locked")
    made = create.assign_faces(db, owner, ada.id, "", [faces[0].id, locked.id, 999, faces[0].id])
    assert (made.faces, made.left_out, made.assignment.name) == (1, 2, "1")
    for ids in ([locked.id], []):
        with pytest.raises(BadAssignment):
            create.assign_faces(db, owner, ada.id, "", ids)
    with pytest.raises(BadAssignment):
        create.assign_faces(db, owner, people.new_person(db, "Eve", "friend").id, "", [faces[0].id])
    with pytest.raises(NotFound):
        create.assign_faces(db, owner, 999, "", [faces[0].id])


def test_a_filter_or_a_tag_is_assigned_as_it_is_now(
    db: Session, owner: Person, ada: Person, faces: list[Face], monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = tags.find_or_add(db, "scarf")
    tags.put_on(db, tag, tags.Targets(faces=[faces[1].id, faces[2].id]))
    made = create.assign_selection(db, owner, ada.id, "Tagged", with_tag(tag.id))
    assert served(db, ada, made.assignment) == [faces[2].id, faces[1].id]
    monkeypatch.setattr(create, "MOST", 3)
    chosen = Selection("faces", Filter(state="proposed"))
    made = create.assign_selection(db, owner, ada.id, "Open", chosen)
    assert (made.faces, made.more) == (3, True)
    add_faces(db, 2)
    assert how_far(db, made.assignment)[2] == 3


def test_erased_photos_and_people_leave_it(
    db: Session, owner: Person, ada: Person, assignment: Assignment, faces: list[Face]
) -> None:
    (other,) = add_faces(db, 1)
    both = create.assign_faces(db, owner, owner.id, "Mine", [faces[0].id, other.id]).assignment
    answer(db, ada, faces[0])
    photo = db.get_one(Photo, other.photo_id)
    photo.status, photo.erase_at = "erasing", now()
    db.commit()
    assert served(db, owner, both) == []
    erase_photo(db, photo)
    assert how_far(db, both) == ("done", 1, 1, [("Ada", 1)])
    ada.erasing_at, gone = now(), assignment.id
    db.commit()
    finish_pending(db)
    db.expire_all()
    assert how_far(db, both) == ("done", 1, 1, [("", 1)])
    assert db.get(Assignment, gone) is None
    assert db.scalar(select(func.count()).select_from(AssignedFace)) == 1
    assert db.scalar(select(func.count(Group.id))) == 1


def test_a_merged_persons_assignments_are_those_of_whom_they_became(
    db: Session, owner: Person, ada: Person, assignment: Assignment, faces: list[Face]
) -> None:
    answer(db, ada, faces[1])
    bob = people.new_person(db, "Bob", "labeller")
    people.merge(db, ada, bob, owner)
    db.commit()
    db.expire_all()
    assert how_far(db, assignment) == ("open", 1, 3, [("Bob", 1)])
    assert len(served(db, bob, assignment)) == 2
