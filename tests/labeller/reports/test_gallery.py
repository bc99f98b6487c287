"""The owner's gallery: each filter, its pages, and the history of a photo."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import Face, Photo
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.errors import BadAnswer
from labeller.people import people
from labeller.reports import gallery
from labeller.reports.gallery import Filter
from labeller.uploads import intake
from tests.factories import add_faces, add_live_run, add_score, add_second_answer, draw_face
from tests.pictures import jpeg, portrait


def ids(db: Session, **given: object) -> list[int]:
    return [face.id for face in gallery.faces(db, Filter(**given)).items]


def test_faces_come_newest_first_page_by_page(db: Session) -> None:
    made = [face.id for face in add_faces(db, 25)]
    seen, before = [], None
    while True:
        page = gallery.faces(db, Filter(), before, limit=10)
        seen.append([face.id for face in page.items])
        if (before := page.next) is None:
            break
    assert [len(part) for part in seen] == [10, 10, 5]
    assert [id for part in seen for id in part] == made[::-1]


def test_each_filter_finds_what_it_says(db: Session) -> None:
    owner, ada = people.owner(db), people.new_person(db, "Ada", "friend")
    bob = people.new_person(db, "Bob", "labeller")
    plain, labelled, rejected, doubtful, disputed, unsure, against = add_faces(db, 7)
    hers = add_faces(db, 1)[0]
    hers.photo.person_id = ada.id
    hers.photo.created_at = now() - timedelta(days=10)
    for face, label in ((labelled, "mask"), (disputed, "mask"), (against, "mask")):
        record_answer(db, owner, AnswerInput(f"o{face.id}", "label", face.id, label))
    add_second_answer(db, bob, disputed, "nomask")
    record_answer(db, owner, AnswerInput("r", "reject", rejected.id))
    doubtful.doubtful = True
    run = add_live_run(db)
    for face, mask in ((labelled, 0.95), (unsure, 0.55), (against, 0.05)):
        add_score(db, run, face, mask)
    db.commit()
    assert ids(db, person=ada.id) == [hers.id]
    assert ids(db, state="rejected") == [rejected.id]
    assert ids(db, label="mask") == [against.id, disputed.id, labelled.id]
    assert ids(db, label="mask", state="rejected") == []
    assert ids(db, look="doubtful") == [doubtful.id]
    assert ids(db, look="disputed") == [disputed.id]
    assert ids(db, look="unsure") == [unsure.id]
    assert ids(db, look="against") == [against.id]
    today = now().date()
    assert ids(db, until=today - timedelta(days=5)) == [hers.id]
    assert hers.id not in ids(db, since=today)
    assert plain.id in ids(db, since=today, until=today)
    assert ids(db, since=date(2000, 1, 1), until=date(2000, 1, 2)) == []
    with pytest.raises(BadAnswer):
        ids(db, look="blue")
    hers.photo.status = "erasing"
    db.commit()
    assert hers.id not in ids(db)


def test_near_repeats_are_shown_together(db: Session) -> None:
    picture = portrait(1, False)
    one, two, other = (
        intake.receive(db, jpeg(made, quality=quality), None).photo
        for made, quality in ((picture, 90), (picture, 50), (portrait(2, True), 90))
    )
    db.commit()
    db.expire_all()
    assert [photo.id for photo in gallery.photos(db, Filter(look="repeats")).items] == [two.id, one.id]
    assert gallery.repeats_of(db, one) == [two]
    assert gallery.repeats_of(db, other) == []


def test_a_photos_history_names_who_said_what_and_what_was_taken_back(db: Session) -> None:
    owner, bob = people.owner(db), people.new_person(db, "Bob", "labeller")
    face = add_faces(db, 1)[0]
    record_answer(db, bob, AnswerInput("1", "label", face.id, "mask"))
    record_answer(db, bob, AnswerInput("2", "undo", face.id))
    record_answer(db, owner, AnswerInput("3", "reject", face.id))
    db.commit()
    photo = db.scalars(select(Photo)).one()
    steps = [(step.who, step.what, step.undone) for step in gallery.history(db, photo)]
    assert steps == [
        (None, "sent", False), ("Bob", "mask", True), ("Bob", "undo", False), ("Owner", "not a face", False),
    ]  # fmt: skip


def test_what_somebody_sent_is_counted(db: Session) -> None:
    ada = people.new_person(db, "Ada", "friend")
    for seed in (1, 2, 3):
        intake.receive(db, jpeg(portrait(seed, False)), ada, ada)
    first = db.scalars(select(Photo).order_by(Photo.id)).first()
    assert first is not None
    first.status = "ready"
    for doubtful in (False, True):
        db.add(
            Face(
                photo_id=first.id,
                x=1,
                y=1,
                w=9,
                h=9,
                proposed_box=[1, 1, 9, 9],
                source="mtcnn",
                doubtful=doubtful,
            )
        )
    db.commit()
    assert gallery.sent_by(db, ada) == gallery.Sent(photos=3, waiting=2, faces=1)
    assert len(gallery.photos_of(db, ada).items) == 3
    assert gallery.photos_of(db, people.owner(db)).items == []


def test_the_faces_of_one_person_come_photo_by_photo_and_page_by_page(db: Session) -> None:
    ada = people.new_person(db, "Ada", "friend")
    faces = [face for _ in range(3) for face in add_faces(db, 3)]
    add_faces(db, 2)
    db.execute(update(Photo).where(Photo.id.in_({face.photo_id for face in faces})).values(person_id=ada.id))
    drawn = draw_face(db, people.owner(db), faces[0].photo, (10, 10, 80, 90))
    expected = [*sorted((face.id for face in faces[3:]), reverse=True), drawn.id]
    expected += sorted((face.id for face in faces[:3]), reverse=True)
    found: list[int] = []
    before = None
    while True:
        page = gallery.faces(db, gallery.Filter(person=ada.id), before, limit=4)
        found += [face.id for face in page.items]
        if (before := page.next) is None:
            break
    assert found == expected
