"""What a refused answer tells its sender: a code for programs, a sentence and what to do for people."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.errors import Refused
from db.models import Answer, Face, Person
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.errors import BadAnswer, NotFound, NothingToUndo
from tests.factories import add_faces

BOX = (5.0, 6.0, 70.0, 80.0)
KINDS = "label, reject, adjust, unsure, draw, undo, redo"
REFUSED: list[tuple[dict[str, Any], type[Refused], tuple[str, str, str]]] = [
    (
        {"kind": "praise", "face_id": 1},
        BadAnswer,
        ("unknown_kind", "There is no answer “praise”.", f"Use one of {KINDS}."),
    ),
    (
        {"kind": "label", "face_id": 1},
        BadAnswer,
        ("label_missing", "A label answer needs a label.", ""),
    ),
    (
        {"kind": "label", "face_id": 1, "label": "scarf"},
        BadAnswer,
        (
            "unknown_class",
            "There is no class “scarf”.",
            "The classes are mask, nomask. The owner can add one under Classes.",
        ),
    ),
    (
        {"kind": "adjust", "face_id": 1},
        BadAnswer,
        ("box_missing", "An answer “adjust” needs a box.", "Send box: [x, y, w, h]."),
    ),
    (
        {"kind": "draw", "photo_id": 1},
        BadAnswer,
        ("box_missing", "An answer “draw” needs a box.", "Send box: [x, y, w, h]."),
    ),
    (
        {"kind": "draw", "box": BOX},
        BadAnswer,
        ("photo_missing", "A drawn face needs a photo_id.", ""),
    ),
    (
        {"kind": "draw", "box": BOX, "photo_id": 99},
        NotFound,
        ("no_such_photo", "There is no such photo.", "It may have been deleted."),
    ),
    (
        {"kind": "reject"},
        BadAnswer,
        ("face_missing", "This answer needs a face_id.", ""),
    ),
    (
        {"kind": "reject", "face_id": 99},
        NotFound,
        ("no_such_face", "There is no such face.", "Its photo may have been deleted."),
    ),
    (
        {"kind": "reject", "drawn_key": "never drawn"},
        NotFound,
        ("no_such_face", "The face was not drawn.", "Draw it again."),
    ),
    (
        {"kind": "undo"},
        NothingToUndo,
        ("nothing_to_undo", "You have no answer left to take back.", ""),
    ),
    (
        {"kind": "undo", "face_id": 1},
        NothingToUndo,
        ("nothing_to_undo", "You have no answer left to take back on this face.", ""),
    ),
    (
        {"kind": "redo"},
        NothingToUndo,
        ("nothing_to_undo", "You have no undo to take back.", ""),
    ),
    (
        {"kind": "redo", "face_id": 1},
        NothingToUndo,
        ("nothing_to_undo", "You have no undo to take back on this face.", ""),
    ),
]


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("answer", "kind", "words"), REFUSED, ids=[str(given) for given, _, _ in REFUSED])
def test_a_refusal_says_what_is_wrong_and_changes_nothing(
    db: Session, ada: Person, answer: dict[str, Any], kind: type[Refused], words: tuple[str, str, str]
) -> None:
    (face,) = add_faces(db, 1)
    with pytest.raises(kind) as refused:
        record_answer(db, ada, AnswerInput("key", **answer))
    error = refused.value
    assert (error.code, error.message, error.hint or "") == words
    assert db.scalar(select(func.count(Answer.id))) == 0
    assert face.state == "proposed"


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_the_key_of_another_persons_answer_is_refused(db: Session, ada: Person, bob: Person) -> None:
    one, two = add_faces(db, 2)
    record_answer(db, ada, AnswerInput("key", "reject", one.id))
    with pytest.raises(BadAnswer) as refused:
        record_answer(db, bob, AnswerInput("key", "reject", two.id))
    error = refused.value
    assert (error.code, error.message, error.hint) == (
        "key_taken",
        "This client_key belongs to another person's answer.",
        "Use a random one.",
    )
    assert two.state == "proposed"


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_drawn_face_is_answered_by_the_key_it_was_drawn_with(db: Session, ada: Person) -> None:
    photo = add_faces(db, 1)[0].photo
    drawn, _ = record_answer(
        db, ada, AnswerInput("drawn here", "draw", photo_id=photo.id, box=BOX, label="mask", seconds=2.5)
    )
    face = db.get_one(Face, drawn.face_id)
    assert (face.source, face.doubtful, face.box, tuple(face.proposed_box)) == ("human", False, BOX, BOX)
    assert (drawn.kind, drawn.label, drawn.seconds, tuple(drawn.box or ())) == ("draw", "mask", 2.5, BOX)
    record_answer(db, ada, AnswerInput("then", "label", label="nomask", drawn_key="drawn here"))
    assert face.label == "nomask"
