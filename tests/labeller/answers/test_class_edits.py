"""Classes change, answers follow, and every change can be taken back."""

import pytest
from sqlalchemy.orm import Session

from db import classes as named
from db.errors import BadInput
from db.models import Answer, Face, Photo, Score
from labeller.answers import class_edits
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.errors import BadAnswer, NotFound
from labeller.people import people
from tests.factories import add_faces, add_live_run, add_score, add_second_answer
from web.drawing.stored import classes_of


def label(db: Session, face: Face, word: str) -> None:
    record_answer(db, people.owner(db), AnswerInput(f"{face.id} {word}", "label", face.id, word))


def last_edit(db: Session) -> int:
    return class_edits.history(db)[0][0].id


def test_two_from_the_settings_until_somebody_edits(db: Session) -> None:
    assert named.names(db) == ("mask", "nomask")
    class_edits.add(db, "chin", people.owner(db))
    assert named.names(db) == ("mask", "nomask", "chin")
    class_edits.undo(db, last_edit(db), people.owner(db))
    assert named.names(db) == ("mask", "nomask")
    with pytest.raises(BadAnswer, match="at least 2"):
        class_edits.retire(db, "mask", people.owner(db))


def test_a_new_name_is_everywhere_and_the_old_one_still_understood(db: Session) -> None:
    (face, other), run = add_faces(db, 2), add_live_run(db)
    named_before = classes_of(db, run)
    label(db, face, "mask")
    add_score(db, run, face, 0.9)
    db.get_one(Photo, face.photo_id).folder_label = "mask"
    class_edits.rename(db, "mask", "covered", people.owner(db))
    db.commit()
    db.expire_all()
    assert (face.label, run.classes, face.photo.folder_label) == ("covered", [1, 2], "covered")
    assert (named_before, classes_of(db, run)) == (["mask", "nomask"], ["covered", "nomask"])
    assert db.query(Answer).one().label == "covered"
    assert db.query(Score).one().label == "covered"
    label(db, other, "mask")  # from a page that was open before
    assert other.label == "covered"
    with pytest.raises(BadAnswer, match="already"):
        class_edits.rename(db, "nomask", "covered", people.owner(db))
    class_edits.undo(db, last_edit(db), people.owner(db))
    db.commit()
    db.expire_all()
    assert (face.label, other.label, named.names(db)) == ("mask", "mask", ("mask", "nomask"))


def test_merged_answers_count_as_the_other_and_come_apart_again(db: Session) -> None:
    owner, bob = people.owner(db), people.new_person(db, "Bob", "labeller")
    class_edits.add(db, "chin", owner)
    (chin, bare, torn), run = add_faces(db, 3), add_live_run(db)
    run.classes = [1, 2, 3]
    label(db, chin, "chin")
    label(db, bare, "nomask")
    label(db, torn, "chin")
    add_second_answer(db, bob, torn, "nomask")
    db.add(
        Score(
            run_id=run.id,
            face_id=chin.id,
            box_version=1,
            probabilities=[0.1, 0.2, 0.7],
            label="chin",
            margin=0.5,
        )
    )
    db.flush()
    assert torn.disputed
    class_edits.merge(db, "chin", "nomask", owner)
    assert (chin.label, bare.label, torn.disputed) == ("nomask", "nomask", False)
    db.expire_all()
    assert db.query(Score).one().label == "nomask"
    assert {answer.label for answer in db.query(Answer)} == {"chin", "nomask"}, "what was said stays written"
    class_edits.undo(db, last_edit(db), owner)
    db.expire_all()
    assert (chin.label, bare.label, torn.disputed, db.query(Score).one().label) == (
        "chin",
        "nomask",
        True,
        "chin",
    )
    with pytest.raises(NotFound):
        class_edits.undo(db, last_edit(db), owner)


def test_a_retired_classs_faces_come_back_and_return_with_it(db: Session) -> None:
    owner = people.owner(db)
    class_edits.add(db, "chin", owner)
    (face,) = add_faces(db, 1)
    label(db, face, "chin")
    class_edits.retire(db, "chin", owner)
    assert (face.label, face.state, face.waiting) == (None, "proposed", True)
    with pytest.raises(BadAnswer, match="no class"):
        record_answer(db, owner, AnswerInput("late", "label", face.id, "chin"))
    class_edits.add(db, "chin", owner)
    assert (face.label, face.waiting) == ("chin", False)


@pytest.mark.parametrize("name", ["", "a/b", "a,b", ".hidden", "x" * 41, "mask"])
def test_a_name_that_does_not_do_says_why(db: Session, name: str) -> None:
    with pytest.raises(BadAnswer):
        class_edits.add(db, name, people.owner(db))


@pytest.mark.parametrize("alike", ["Mask", "MASK", "ma\u200bsk", "mas\u200dk"])
def test_names_that_look_alike_are_one_class(db: Session, alike: str) -> None:
    with pytest.raises(BadAnswer, match="already"):
        class_edits.add(db, alike, people.owner(db))
    with pytest.raises(BadAnswer, match="already"):
        class_edits.rename(db, "nomask", alike, people.owner(db))
    (face,) = add_faces(db, 1)
    label(db, face, alike)
    assert face.label == "mask"


@pytest.mark.parametrize("deceiving", ["\u202emask", "mask\u2069"])
def test_a_name_that_turns_the_direction_of_writing_is_refused(db: Session, deceiving: str) -> None:
    with pytest.raises(BadInput, match="cannot be seen"):
        class_edits.add(db, deceiving, people.owner(db))
    with pytest.raises(BadInput, match="cannot be seen"):
        class_edits.rename(db, "nomask", deceiving, people.owner(db))


def test_composed_and_decomposed_accents_are_one_class(db: Session) -> None:
    owner = people.owner(db)
    class_edits.add(db, "café", owner)
    with pytest.raises(BadAnswer, match="already"):
        class_edits.add(db, "cafe\u0301", owner)
    with pytest.raises(BadAnswer, match="already"):
        class_edits.add(db, "CAFE\u0301", owner)


def test_a_class_may_change_its_own_case_and_must_be_visible(db: Session) -> None:
    owner = people.owner(db)
    class_edits.rename(db, "mask", "Mask", owner)
    assert named.names(db) == ("Mask", "nomask")
    with pytest.raises(BadAnswer):
        class_edits.add(db, "\u200b\u2060", owner)


def test_a_name_that_another_class_had_is_free_again(db: Session) -> None:
    """Renamed in a circle: the present name wins over a former one."""
    owner = people.owner(db)
    for old, new in (("mask", "covered"), ("nomask", "mask"), ("covered", "nomask")):
        class_edits.rename(db, old, new, owner)
    assert named.names(db) == ("nomask", "mask")
    (face,) = add_faces(db, 1)
    label(db, face, "mask")
    assert face.label == "mask"
