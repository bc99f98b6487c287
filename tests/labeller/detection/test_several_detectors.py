"""The first detector decides, the others confirm: nothing moves that people work on."""

import time
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from db import queue
from db.base import now
from db.models import DetectorPass, Person, Photo
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.answers.tried import Correction, Tried, keep_tried
from labeller.detection import follow_up, passes, proposals
from labeller.photos.box import Box
from labeller.uploads import intake
from tests.detector_stubs import BEHIND, LEFT, RIGHT, Install, proposed_photo
from tests.factories import add_live_run, draw_face
from tests.pictures import jpeg, portrait


def shown(photo: Photo) -> list[tuple[Box, str, list[str], bool, bool]]:
    return [(face.box, face.source, face.confirmed_by, face.doubtful, face.hidden) for face in photo.faces]


def test_the_photo_is_ready_after_the_first_and_the_other_only_adds_faint_boxes(
    db: Session, install: Install
) -> None:
    install(
        centerface=[(LEFT, 0.9), (RIGHT, 0.3), ((10, 10, 20, 20), 0.15)],
        mtcnn=[((42, 62, 48, 58), 0.99), (BEHIND, 0.96), ((350, 200, 30, 30), 0.5)],
    )
    photo = proposed_photo(db)
    assert photo.status == "ready"
    first = shown(photo)
    assert first == [
        (LEFT, "centerface", [], False, False),
        (RIGHT, "centerface", [], True, False),
        ((10, 10, 20, 20), "centerface", [], True, True),
    ]
    proposals.confirm_faces(db, photo.id, "mtcnn")
    proposals.confirm_faces(db, photo.id, "mtcnn")  # the same message again
    db.expire_all()
    assert shown(photo) == [
        (LEFT, "centerface", ["mtcnn"], False, False),
        *first[1:],
        (BEHIND, "mtcnn", [], True, False),
    ]
    rows = db.query(DetectorPass).order_by(DetectorPass.detector).all()
    assert [(row.detector, len(row.boxes or [])) for row in rows] == [("centerface", 3), ("mtcnn", 3)]
    assert all(row.seconds is not None for row in rows)


def test_the_other_detector_moves_nothing_that_people_work_on(
    db: Session, install: Install, ada: Person
) -> None:
    install(
        centerface=[(LEFT, 0.9), (RIGHT, 0.8)], mtcnn=[((44, 64, 46, 56), 0.99), (RIGHT, 0.9), (BEHIND, 0.97)]
    )
    photo = proposed_photo(db)
    moved = (205.0, 66.0, 45.0, 50.0)
    record_answer(db, ada, AnswerInput("a", "label", photo.faces[0].id, "mask"))
    record_answer(db, ada, AnswerInput("b", "adjust", photo.faces[1].id, box=moved))
    drawn = draw_face(db, ada, photo, (298, 18, 24, 28))
    db.commit()
    proposals.confirm_faces(db, photo.id, "mtcnn")
    db.expire_all()
    assert [face.box for face in photo.faces] == [LEFT, moved, drawn.box], (
        "what was drawn is not proposed again"
    )
    assert (photo.faces[0].label, drawn.source, drawn.confirmed_by) == ("mask", "human", ["mtcnn"])


@pytest.mark.slow
@pytest.mark.parametrize("busy", ["answers", "a photo", "nothing"])
def test_the_other_detector_gives_way_to_people_but_not_for_ever(
    db: Session, install: Install, ada: Person, monkeypatch: pytest.MonkeyPatch, busy: str
) -> None:
    install(centerface=[(LEFT, 0.9)])
    photo = proposed_photo(db)
    if busy == "answers":
        monkeypatch.setattr(passes, "ANSWERING_WITHIN", timedelta(minutes=1))
        record_answer(db, ada, AnswerInput("a", "label", photo.faces[0].id, "mask"))
    elif busy == "a photo":
        intake.receive(db, jpeg(portrait(2, True)), None)
    db.commit()
    monkeypatch.setattr(passes, "LONGEST_WAIT", 0.2)
    monkeypatch.setattr(passes, "POLL_SECONDS", 0.05)
    began = time.monotonic()
    passes.give_way(db)
    assert (time.monotonic() - began >= 0.2) is (busy != "nothing")


def test_a_complete_photo_gets_no_more_boxes(db: Session, install: Install, ada: Person) -> None:
    install(centerface=[(LEFT, 0.9)], mtcnn=[(BEHIND, 0.99)])
    photo = proposed_photo(db)
    photo.completed_at = now()
    db.commit()
    proposals.confirm_faces(db, photo.id, "mtcnn")
    db.expire_all()
    assert len(photo.faces) == 1


def test_photos_that_nobody_has_confirmed_are_sent_again_but_not_without_end(
    db: Session, install: Install, nothing_queued: None
) -> None:
    install(centerface=[(LEFT, 0.9)], mtcnn=[])
    photo = proposed_photo(db)

    def sent() -> list[tuple[str, tuple[object, ...]]]:
        db.info.pop("outbox", None)
        messages: list[tuple[str, tuple[object, ...]]] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(queue, "send", lambda task, args: messages.append((task, args)))
            follow_up.send_missing(db)
        return messages

    assert sent() == [(queue.CONFIRM_FACES, (photo.id, "mtcnn"))]
    for _ in range(passes.MAX_ATTEMPTS):
        assert passes.claim(db, photo.id, "mtcnn"), "its worker was killed each time"
        assert sent() == [], "it may be at work"
        row = db.get_one(DetectorPass, (photo.id, "mtcnn"), populate_existing=True)
        row.started_at = now() - passes.STOPPED_AFTER
        db.commit()
    assert sent() == [], "this picture kills workers"


def test_photos_wait_for_no_other_detector_while_new_ones_come(
    db: Session, install: Install, nothing_queued: None
) -> None:
    install(centerface=[(LEFT, 0.9)], mtcnn=[])
    intake.receive(db, jpeg(portrait(2, True)), None)
    db.commit()
    photo = proposed_photo(db)
    assert photo.status == "ready"
    assert db.info.pop("outbox", []) == []
    follow_up.send_missing(db)
    assert not db.info.get("outbox")


def test_the_detectors_find_a_face_again_that_was_corrected_when_the_photo_was_tried(
    db: Session, install: Install, ada: Person
) -> None:
    install(centerface=[(LEFT, 0.9), (RIGHT, 0.8)])
    photo = intake.receive(db, jpeg(portrait(1, False)), ada).photo
    corrections = [Correction((42.0, 62.0, 48.0, 58.0), "mask"), Correction((198.0, 61.0, 50.0, 60.0), None)]
    keep_tried(db, ada, photo, Tried(add_live_run(db).id, corrections, "key"))
    db.commit()
    proposals.propose_faces(db, photo.id, photo.attempt, "detect-1")
    db.expire_all()
    assert [(face.source, face.confirmed_by, face.state, face.label) for face in photo.faces] == [
        ("human", ["centerface"], "confirmed", "mask"),
        ("human", ["centerface"], "rejected", None),
    ]
