"""Old photos are looked at again: nothing that people said is lost, and no face is doubled."""

import pytest
from sqlalchemy.orm import Session

from db import queue
from db.models import Answer, Face, Person
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.detection import again_requests, detect_again, follow_up
from tests.detector_stubs import BEHIND, LEFT, RIGHT, Install, proposed_photo
from tests.factories import draw_face


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
