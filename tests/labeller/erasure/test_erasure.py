"""Taking things back: photos, people, and what a run must say of them afterwards."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import classes
from db.base import now
from db.models import (
    Answer,
    Artifact,
    Embedding,
    Event,
    Face,
    Group,
    Lease,
    Person,
    Photo,
    Score,
    Workbench,
)
from db.settings import settings
from db.storage import blobs
from labeller import retention
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.erasure.finish import finish_pending
from labeller.erasure.mark import mark_person, mark_photos, restore_photos
from labeller.errors import BadAnswer, NotInvited
from labeller.people import credentials, people
from labeller.photos.access import get_photo
from labeller.uploads import chunked, intake
from tests.data_folder import find_traces, read_all_files
from tests.factories import add_invited_friend, add_labelled_photo, add_run_trained_on
from tests.pictures import jpeg, portrait
from trainer.data import dataset
from trainer.runs import requests

ADA = "Ada-Lovelace-of-the-test"


@pytest.fixture
def ada(db: Session) -> Person:
    return add_invited_friend(db, ADA)


def test_erasing_a_person_leaves_no_row_no_blob_no_vector_and_no_line(
    db: Session, data: Path, ada: Person
) -> None:
    hers = [add_labelled_photo(db, ada, seed) for seed in range(1, 5)]
    given = add_labelled_photo(db, people.new_person(db, "Bob", "friend"), 20)
    run = add_run_trained_on(db, [*hers, given])
    record_answer(db, ada, AnswerInput("a", "label", given.id, "mask", seen_at=now()))
    requests.promote(db, add_run_trained_on(db, [given], live=False), ada, f"{ADA} says so")
    requests.roll_back(db, ada)
    chunked.take_part(db, ada, ada, chunked.Part("ab" * 32, 0, 2, b"half a photo of hers"))
    log = settings().run_dir / "logs" / "web.log"
    log.parent.mkdir(parents=True)
    log.write_text(f"something about {ADA} and adamant others\n")
    db.commit()
    photos = list(db.scalars(select(Photo).where(Photo.person_id == ada.id)))
    secrets = [ADA.encode(), b"half a photo"]
    for photo in photos:
        secrets += [photo.sha256.encode(), photo.blob.encode(), photo.view_blob.encode(), photo.dhash]
        secrets += [blobs().get(photo.blob)[-64:], f"thumb/{photo.id}/".encode()]
    before, person_id, photo_ids, face_ids = (
        find_traces(db, data, *secrets), ada.id, [photo.id for photo in photos], [face.id for face in hers],
    )  # fmt: skip
    assert len(before) > 20

    mark_person(db, ada, ada)
    db.commit()
    assert people.find_person(db, person_id) is None, "hidden at once"
    finish_pending(db)

    assert find_traces(db, data, *secrets) == []
    assert db.get(Person, person_id) is None
    for model, column, ids in (
        (Photo, Photo.id, photo_ids), (Face, Face.id, face_ids), (Answer, Answer.face_id, face_ids),
        (Embedding, Embedding.face_id, face_ids), (Score, Score.face_id, face_ids),
        (Lease, Lease.face_id, face_ids), (Event, Event.person_id, [person_id]),
    ):  # fmt: skip
        assert db.scalars(select(model).where(column.in_(ids))).all() == [], model
    assert not blobs().list_named("part")
    assert "xxx" in log.read_text()
    assert "adamant" in log.read_text()

    db.refresh(run)
    assert run.erased == 4
    assert db.scalars(select(Answer).where(Answer.client_key == "a")).one().person_id is None
    assert [row.face_id for row in dataset.collect(db, [1, 2], classes.read(db)).rows] == [given.id]
    assert db.query(Group).count() == 1


def test_a_model_is_retired_at_once_where_the_owner_set_it_so(
    db: Session, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "retire_on_erasure", True)
    hers, other = add_labelled_photo(db, ada, 1), add_labelled_photo(db, None, 2)
    without, live = add_run_trained_on(db, [other], live=False), add_run_trained_on(db, [hers, other])
    model = db.get_one(Artifact, (live.id, "keras")).blob
    shared = blobs().put(b"mask\nnomask\n")
    db.add_all(Artifact(run_id=run.id, form="labels", blob=shared, signature="") for run in (without, live))
    mark_person(db, ada, None)
    db.commit()
    finish_pending(db)
    db.expire_all()
    assert db.get_one(Workbench, 1).live_run_id is None
    assert live.head is None
    assert db.query(Artifact).where(Artifact.run_id == live.id).count() == 0
    assert live.retired_at is not None
    assert "Retired" in live.reason["text"]
    assert not blobs().has(model)
    assert blobs().has(shared), "another run names it, too"
    assert db.query(Score).where(Score.run_id == live.id).count() == 0
    assert (without.erased, without.retired_at) == (0, None)
    assert without.head is not None


def test_a_photo_erased_in_bulk_can_be_had_back_for_a_while(db: Session) -> None:
    first, second = add_labelled_photo(db, None, 1), add_labelled_photo(db, None, 2)
    ids = [first.photo_id, second.photo_id]
    assert mark_photos(db, Photo.id.in_(ids), None, undo_seconds=30) == ids
    db.commit()
    with pytest.raises(Exception, match="no such photo"):
        get_photo(db, ids[0])
    finish_pending(db)
    assert restore_photos(db, ids[:1]) == 1
    db.commit()
    assert get_photo(db, ids[0]).status == "ready"
    db.get_one(Photo, ids[1]).erase_at = now() - timedelta(seconds=1)
    db.commit()
    assert restore_photos(db, ids[1:]) == 0
    finish_pending(db)
    assert db.scalars(select(Photo.id)).all() == ids[:1]


def test_what_is_sent_again_while_it_is_being_erased_comes_as_new(db: Session, ada: Person) -> None:
    face = add_labelled_photo(db, ada, 1)
    mark_photos(db, Photo.id == face.photo_id, ada, undo_seconds=30)
    db.commit()
    received = intake.receive(db, jpeg(portrait(1, True)), ada, ada)
    db.commit()
    assert received.created
    assert received.photo.id != face.photo_id
    assert blobs().has(received.photo.blob)


def test_a_photo_that_arrives_while_its_person_leaves_goes_too(db: Session, data: Path, ada: Person) -> None:
    add_labelled_photo(db, ada, 1)
    mark_person(db, ada, None)
    db.commit()
    late = intake.receive(db, jpeg(portrait(2, False)), ada, ada).photo  # its request began before
    db.commit()
    keys = late.blob, late.view_blob
    finish_pending(db)
    assert db.query(Photo).count() == 0
    assert not any(blobs().has(key) for key in keys)
    later = jpeg(portrait(3, False))
    with pytest.raises(NotInvited, match="deleted"):
        intake.receive(db, later, ada, ada)
    db.rollback()
    assert [name for name in read_all_files(data) if name.startswith("blobs/")] == []


def test_ids_are_never_given_out_twice(db: Session, ada: Person) -> None:
    face = add_labelled_photo(db, ada, 1)
    photo_id, person_id = face.photo_id, ada.id
    link = credentials.personal_link(ada)
    mark_person(db, ada, None)
    db.commit()
    finish_pending(db)
    bob = people.new_person(db, "Bob", "friend")
    assert bob.id > person_id
    assert add_labelled_photo(db, bob, 3).photo_id > photo_id
    with pytest.raises(Exception, match="does not work any more"):
        credentials.person_of_link(db, link)


def test_the_last_owner_stays(db: Session) -> None:
    owner = people.owner(db)
    with pytest.raises(BadAnswer, match="last owner"):
        mark_person(db, owner, owner)
    people.new_person(db, "Grace", "owner")
    mark_person(db, owner, owner)
    db.commit()
    finish_pending(db)
    assert [person.name for person in people.everyone(db)] == ["Grace"]


def test_a_labellers_answers_stay_when_the_labeller_goes(db: Session) -> None:
    bob, face = people.new_person(db, "Bob", "labeller"), add_labelled_photo(db, None, 1)
    record_answer(db, bob, AnswerInput("b", "label", face.id, "nomask", seen_at=now()))
    mark_person(db, bob, None)
    db.commit()
    finish_pending(db)
    db.refresh(face)
    assert (face.label, face.decided_by) == ("nomask", None)


def test_photos_and_friends_past_the_retention_period_go_by_themselves(
    db: Session, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = add_labelled_photo(db, ada, 1)
    new = add_labelled_photo(db, people.new_person(db, "Bob", "friend"), 2)
    old.photo.created_at = ada.created_at = now() - timedelta(days=40)
    db.commit()
    retention.tidy(db)
    assert db.query(Photo).count() == 2, "kept for ever unless the owner set a period"
    monkeypatch.setattr(settings(), "retention_days", 30)
    retention.tidy(db)
    assert db.scalars(select(Photo.id)).all() == [new.photo_id]
    assert [person.name for person in people.everyone(db) if person.role == "friend"] == ["Bob"]


def test_a_near_repeat_left_alone_is_none_any_more(db: Session) -> None:
    picture = portrait(5, False)
    one = intake.receive(db, jpeg(picture), None).photo
    two = intake.receive(db, jpeg(picture, quality=60), None).photo
    db.commit()
    db.expire_all()
    assert one.repeat_id == two.repeat_id == one.id
    mark_photos(db, Photo.id == one.id, None)
    db.commit()
    finish_pending(db)
    db.refresh(two)
    assert two.repeat_id is None
