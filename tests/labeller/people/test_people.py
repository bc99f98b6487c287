"""People: two who are the same person are merged; names."""

import hashlib

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Photo
from labeller.errors import BadAnswer
from labeller.people import credentials, people
from labeller.uploads import intake
from tests.factories import draw_face
from tests.pictures import jpeg, portrait


def test_two_who_are_one_become_one_with_all_that_is_theirs(db: Session) -> None:
    owner = people.owner(db)
    twice, once = people.new_person(db, "Ada (phone)", "friend"), people.new_person(db, "Ada", "friend")
    shared = jpeg(portrait(1, True))
    first = intake.receive(db, shared, twice, twice).photo
    twin = intake.receive(db, shared, once, once).photo
    other = intake.receive(db, jpeg(portrait(2, False)), once, once).photo
    more = intake.receive(db, jpeg(portrait(3, False)), twice, twice).photo
    assert len({first.id, twin.id}) == 2, (
        "each friend has a photo of their own, though the bytes are the same"
    )
    more.group.split = "train"
    other.group.split = "locked"
    face = draw_face(db, owner, first, (1, 1, 50, 50), "mask")
    token, _ = credentials.issue_token(db, "friend", "Ada (phone)")
    link = credentials.personal_link(twice)
    db.commit()

    people.merge(db, twice, once, owner)
    db.commit()
    db.expire_all()
    photos = db.scalars(select(Photo).order_by(Photo.id)).all()
    assert {photo.person_id for photo in photos} == {photo.uploaded_by for photo in photos} == {once.id}
    assert face.label == "mask"
    assert credentials.person_of_link(db, link) is credentials.person_of_token(db, token) is once
    assert [person.name for person in people.everyone(db)] == ["Owner", "Ada"]
    assert intake.find_photo(db, hashlib.sha256(shared).hexdigest(), once, once).id == twin.id
    for wrong in (once, owner):
        with pytest.raises(BadAnswer):
            people.merge(db, once, wrong, owner)


def test_the_split_of_two_who_are_one_is_one(db: Session) -> None:
    twice, once = people.new_person(db, "Ada (phone)", "friend"), people.new_person(db, "Ada", "friend")
    learned, held_out = (
        intake.receive(db, jpeg(portrait(seed, False)), person, person).photo
        for seed, person in ((2, twice), (3, once))
    )
    learned.group.split, held_out.group.split = "train", "locked"
    people.merge(db, twice, once, people.owner(db))
    db.commit()
    db.expire_all()
    assert learned.group_id == held_out.group_id
    assert held_out.group.split == "train", "what was trained on is never locked"


def test_a_new_name_is_on_one_line(db: Session) -> None:
    ada = people.new_person(db, "Ada", "friend")
    people.rename(db, ada, "  Ada\n Lovelace ", ada)
    assert ada.name == "Ada Lovelace"
    with pytest.raises(BadAnswer):
        people.rename(db, ada, "   ", ada)
