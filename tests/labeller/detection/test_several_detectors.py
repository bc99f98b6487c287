"""The first detector decides, the others confirm; old photos are looked at again: nothing is lost or
doubled."""

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from db import queue
from db.base import now
from db.models import Answer, DetectorPass, Face, Person, Photo
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.detection import again_requests, detect_again, detectors, follow_up, passes, proposals
from labeller.photos.box import Box
from labeller.uploads import intake
from tests.detector_stubs import SaysBoxes
from tests.factories import draw_face
from tests.pictures import jpeg, portrait

LEFT: Box = (40, 60, 50, 60)
RIGHT: Box = (200, 60, 50, 60)
BEHIND: Box = (300, 20, 20, 24)
Install = Callable[..., dict[str, SaysBoxes]]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Replace the networks by detectors that say the boxes given for each name."""

    monkeypatch.setattr(passes, "ANSWERING_WITHIN", timedelta(0))

    def install(**boxes: list[tuple[Box, float]]) -> dict[str, SaysBoxes]:
        stubs = {name: SaysBoxes(name, said) for name, said in boxes.items()}
        monkeypatch.setattr(detectors, "load", stubs.__getitem__)
        return stubs

    return install


@pytest.fixture
def nothing_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.jobs.waiting_messages", lambda name: 0)


def proposed_photo(db: Session, seed: int = 1) -> Photo:
    """A photo that the first detector has looked at."""
    photo = intake.receive(db, jpeg(portrait(seed, False)), None).photo
    db.commit()
    proposals.propose_faces(db, photo.id, 0, "test")
    db.expire_all()
    return photo


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


def test_looking_again_loses_and_doubles_nothing(
    db: Session, install: Install, ada: Person, nothing_queued: None
) -> None:
    old = install(centerface=[(LEFT, 0.9), (RIGHT, 0.3), (BEHIND, 0.25)])
    photo = proposed_photo(db)
    label, reject = photo.faces[0], photo.faces[1]
    record_answer(db, ada, AnswerInput("a", "label", label.id, "mask"))
    record_answer(db, ada, AnswerInput("b", "reject", reject.id))
    drawn = draw_face(db, ada, photo, (120, 200, 40, 40), "nomask")
    for face in (label, reject):
        face.source = "mtcnn"  # as the former version stored it
    db.commit()
    before = {face.id: (face.box, face.state, face.label) for face in photo.faces}
    answers = db.query(Answer).count()
    old["centerface"].boxes = [
        ((43, 63, 50, 60), 0.8), ((203, 62, 50, 60), 0.7), ((121, 201, 40, 40), 0.6), (BEHIND, 0.5),
        ((10, 250, 30, 30), 0.45),
    ]  # fmt: skip
    assert again_requests.request(db, ada, only_unanswered=False) == again_requests.Progress(1, 1)
    db.commit()
    for _ in range(3):  # the message again
        detect_again.go_on(db)
    db.expire_all()
    assert again_requests.progress(db) == again_requests.Progress(1, 0)
    assert {face.id: (face.box, face.state, face.label) for face in photo.faces[:4]} == before
    (new,) = photo.faces[4:]
    assert (new.box, new.doubtful) == ((10, 250, 30, 30), False)
    assert (label.source, label.confirmed_by) == ("centerface", ["mtcnn"])
    assert not photo.faces[2].doubtful, "what nobody has answered gets its new level"
    assert (drawn.source, drawn.confirmed_by) == ("human", ["centerface"])
    assert db.query(Answer).count() == answers
    assert db.query(Face).count() == 5


def test_only_photos_without_answers_are_looked_at_if_so_asked(
    db: Session, install: Install, ada: Person, nothing_queued: None
) -> None:
    stubs = install(centerface=[(LEFT, 0.9)])
    answered, _ = proposed_photo(db, 1), proposed_photo(db, 2)
    record_answer(db, ada, AnswerInput("a", "label", answered.faces[0].id, "mask"))
    db.commit()
    looks = stubs["centerface"].looks
    assert again_requests.request(db, ada, only_unanswered=True).left == 1
    db.commit()
    for _ in range(2):
        detect_again.go_on(db)
    assert stubs["centerface"].looks == looks + 1
    assert again_requests.progress(db) == again_requests.Progress(1, 0)


def test_a_lost_message_does_not_stop_looking_again(
    db: Session, install: Install, ada: Person, nothing_queued: None
) -> None:
    install(centerface=[(LEFT, 0.9)], mtcnn=[])
    proposed_photo(db)
    again_requests.request(db, ada, only_unanswered=False)
    db.info.pop("outbox")
    db.commit()
    messages: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queue, "send", lambda task, args: messages.append(task))
        follow_up.send_missing(db)
    assert queue.DETECT_AGAIN in messages


def test_what_only_the_former_detector_had_is_no_longer_shown_among_the_first(
    db: Session, install: Install, ada: Person, nothing_queued: None
) -> None:
    stubs = install(centerface=[(LEFT, 0.9), (RIGHT, 0.9), (BEHIND, 0.9)])
    photo = proposed_photo(db)
    for face, confidence in zip(photo.faces, (0.97, 0.9, 0.9), strict=True):
        face.source, face.confidence = "mtcnn", confidence
    record_answer(db, ada, AnswerInput("a", "label", photo.faces[2].id, "mask"))
    stubs["centerface"].boxes = []
    again_requests.request(db, ada, only_unanswered=False)
    db.commit()
    detect_again.go_on(db)
    db.expire_all()
    assert [(face.doubtful, face.hidden) for face in photo.faces] == [
        (True, False),
        (True, True),
        (False, False),
    ]
