"""Near repeats are looked for among the newest photos, of which each process keeps the hashes."""

import pytest
from sqlalchemy.orm import Session

from db.models import Group, Photo
from labeller.photos import near_duplicates
from labeller.photos.near_duplicates import near_repeats

DARK, LIGHT = bytes(32), bytes([255] * 32)


def add_photo(db: Session, dhash: bytes, **values: object) -> Photo:
    group = Group(split="train")
    db.add(group)
    db.flush()
    photo = Photo(
        blob="b", view_blob="v", width=9, height=9, dhash=dhash, group_id=group.id, status="ready", **values
    )
    db.add(photo)
    db.commit()
    return photo


def test_photos_that_came_since_the_last_look_are_compared_too(db: Session) -> None:
    first = add_photo(db, DARK)
    assert near_repeats(db, [DARK]) == ([first.id], first.id)
    second = add_photo(db, bytes([1]) + DARK[1:])
    add_photo(db, LIGHT)
    third = add_photo(db, bytes([0b11111] * 8) + DARK[8:])
    add_photo(db, bytes([0b11111] * 8) + bytes([1]) + DARK[9:])
    assert near_repeats(db, [DARK])[0] == [first.id, second.id, third.id], "at most 40 bits differ"
    found, last = near_repeats(db, [DARK], after=second.id)
    assert (found, last) == ([third.id], third.id + 1)
    assert near_repeats(db, [DARK], after=last) == ([], last)


def test_a_photo_that_was_turned_is_compared_as_it_is_now(db: Session) -> None:
    photo = add_photo(db, DARK)
    assert near_repeats(db, [DARK])[0] == [photo.id]
    photo.dhash, photo.turned = LIGHT, 90
    db.commit()
    assert near_repeats(db, [DARK])[0] == []
    assert near_repeats(db, [LIGHT])[0] == [photo.id]


def test_only_the_newest_are_compared(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_duplicates, "COMPARED", 2)
    ids = [add_photo(db, DARK).id for _ in range(3)]
    assert near_repeats(db, [DARK])[0] == ids[1:]
    ids.append(add_photo(db, DARK).id)
    assert near_repeats(db, [DARK])[0] == ids[2:]
