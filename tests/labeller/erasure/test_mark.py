"""Who and what is marked for deletion, restored, or refused."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.errors import Forbidden
from db.models import Event, Person, Photo
from labeller.erasure.mark import mark_person, mark_photo, mark_photos, restore_photos
from labeller.errors import BadAnswer
from labeller.people import people
from tests.factories import add_faces

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def add_photo(db: Session, person: Person | None = None) -> Photo:
    photo = db.get_one(Photo, add_faces(db, 1)[0].photo_id)
    photo.person = person
    db.commit()
    return photo


def statuses(db: Session, *photos: Photo) -> list[str]:
    for photo in photos:
        db.refresh(photo)
    return [photo.status for photo in photos]


def test_a_restored_photo_is_ready_if_it_has_faces_and_else_looked_at_again(db: Session) -> None:
    seen, unseen, other = add_photo(db), add_photo(db), add_photo(db)
    for face in unseen.faces:
        db.delete(face)
    db.commit()
    mark_photos(db, Photo.id.in_([seen.id, unseen.id]), None, undo_seconds=30)
    for photo in (seen, unseen):
        photo.sent_at = now()
    db.commit()
    assert restore_photos(db, [seen.id, unseen.id, other.id]) == 2
    assert statuses(db, seen, unseen, other) == ["ready", "queued", "ready"]
    assert [(photo.erase_at, photo.sent_at) for photo in (seen, unseen)] == [(None, None)] * 2


def test_marking_says_who_did_it_and_only_what_is_new(db: Session, ada: Person) -> None:
    one, two = add_photo(db), add_photo(db)
    assert mark_photos(db, Photo.id == one.id, ada) == [one.id]
    assert mark_photos(db, Photo.id.in_([one.id, two.id]), ada, undo_seconds=30) == [two.id]
    assert mark_photos(db, Photo.id == one.id, ada) == []
    events = db.scalars(select(Event).where(Event.kind == "photos_erased").order_by(Event.id)).all()
    assert [(event.person_id, event.detail) for event in events] == [
        (ada.id, {"photos": [one.id]}),
        (ada.id, {"photos": [two.id]}),
    ]
    db.refresh(two)
    assert two.erase_at is not None
    assert now() + timedelta(seconds=25) < two.erase_at <= now() + timedelta(seconds=30)


def test_a_labeller_may_delete_what_they_sent(db: Session, ada: Person, bob: Person) -> None:
    photo = add_photo(db)
    photo.uploaded_by = ada.id
    db.commit()
    with pytest.raises(Forbidden) as refused:
        mark_photo(db, photo.id, bob)
    assert (refused.value.code, refused.value.message) == (
        "not_yours",
        "Only the owner and who sent a photo may delete it.",
    )
    assert mark_photo(db, photo.id, ada) is photo
    assert statuses(db, photo) == ["erasing"]


def test_a_person_goes_with_whoever_was_merged_into_them_and_nobody_else(
    db: Session, ada: Person, bob: Person
) -> None:
    owner, twin = people.owner(db), people.new_person(db, "Ada again", "labeller")
    twin.merged_into_id = ada.id
    hers, his = add_photo(db, ada), add_photo(db, bob)
    mark_person(db, ada, owner)
    db.flush()
    for person in (owner, ada, bob, twin):
        db.refresh(person)
    assert [person.erasing_at is not None for person in (owner, ada, bob, twin)] == [False, True, False, True]
    assert statuses(db, hers, his) == ["erasing", "ready"]
    event = db.scalars(select(Event).where(Event.kind == "person_erased")).one()
    assert (event.person_id, event.detail) == (owner.id, {})


def test_the_last_owner_is_told_what_to_do_first(db: Session, ada: Person) -> None:
    owner, former = people.owner(db), people.new_person(db, "Former", "owner")
    former.merged_into_id = owner.id  # signs in as the owner, and is none by themselves
    db.flush()
    with pytest.raises(BadAnswer) as refused:
        mark_person(db, owner, owner)
    error = refused.value
    assert (error.code, error.message, error.hint) == (
        "last_owner",
        "The last owner cannot be deleted.",
        "Invite another owner first, or delete the data folder.",
    )
    former.merged_into_id = None
    db.flush()
    mark_person(db, owner, owner)
    db.refresh(owner)
    assert owner.erasing_at is not None


def test_the_log_names_who_deleted(db: Session) -> None:
    owner, ada = people.owner(db), people.new_person(db, "Ada", "friend")
    alone, hers = add_photo(db), add_photo(db, ada)
    mark_photo(db, alone.id, owner)
    mark_person(db, ada, owner)
    db.commit()
    events = db.scalars(select(Event).order_by(Event.id)).all()
    assert [(event.kind, event.person_id, event.detail) for event in events] == [
        ("photos_erased", owner.id, {"photos": [alone.id]}),
        ("photos_erased", owner.id, {"photos": [hers.id]}),
        ("person_erased", owner.id, {}),
    ]
