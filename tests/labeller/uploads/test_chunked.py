"""Photos in parts: whatever order, however often, and from two tabs at once."""

import hashlib
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.errors import Unavailable
from db.models import Person, Photo
from db.storage import blobs
from labeller.errors import BadPhoto, Damaged, PhotoTooLarge
from labeller.people import people
from labeller.photos import pixel_budget
from labeller.uploads import chunked, intake
from labeller.uploads.chunked import Part
from tests.pictures import jpeg, portrait

PART = 5_000


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunked, "PART_BYTES", PART)


@pytest.fixture
def ada(db: Session) -> Person:
    return people.new_person(db, "Ada", "friend")


def parts_of(content: bytes) -> tuple[str, list[bytes]]:
    cut = [content[start : start + PART] for start in range(0, len(content), PART)]
    return hashlib.sha256(content).hexdigest(), cut


def test_parts_in_any_order_make_the_photo_and_leave_nothing(db: Session, ada: Person) -> None:
    digest, parts = parts_of(jpeg(portrait(1, False)))
    assert len(parts) > 3
    order = [2, 0, *range(3, len(parts)), 2]
    for number in order:
        assert chunked.take_part(db, ada, ada, Part(digest, number, len(parts), parts[number])) is None
    assert chunked.arrived(db, ada, [digest, "0" * 64]) == {digest: (None, sorted(set(order)))}
    received = chunked.take_part(db, ada, ada, Part(digest, 1, len(parts), parts[1]))
    assert received is not None
    assert received.created
    assert (received.photo.person_id, received.photo.sha256) == (ada.id, digest)
    chunked.delete_parts(ada, digest)
    assert not blobs().list_named("part")
    assert chunked.arrived(db, ada, [digest]) == {digest: (received.photo.id, [])}
    again = chunked.take_part(db, ada, ada, Part(digest, 0, len(parts), parts[0]))
    assert again is not None
    assert (again.photo.id, again.created) == (received.photo.id, False)
    assert not blobs().list_named("part")


def test_while_too_much_is_decoded_the_last_part_alone_comes_again(
    db: Session, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, parts = parts_of(jpeg(portrait(4, False)))
    last = Part(digest, len(parts) - 1, len(parts), parts[-1])
    for number in range(len(parts) - 1):
        chunked.take_part(db, ada, ada, Part(digest, number, len(parts), parts[number]))
    monkeypatch.setattr(pixel_budget, "PATIENCE", 0.01)
    with pixel_budget.charged(b"?", 50), pixel_budget.charged(b"?", 50), pytest.raises(Unavailable):
        chunked.take_part(db, ada, ada, last)
    received = chunked.take_part(db, ada, ada, last)
    assert received is not None
    assert received.created


def test_parts_stay_until_the_photo_is_committed(db: Session, ada: Person) -> None:
    db.commit()
    digest, parts = parts_of(jpeg(portrait(5, False)))
    for number in range(len(parts)):
        chunked.take_part(db, ada, ada, Part(digest, number, len(parts), parts[number]))
    db.rollback()  # as when the database is locked
    received = chunked.take_part(db, ada, ada, Part(digest, 0, len(parts), parts[0]))
    assert received is not None
    assert received.created


def test_a_photo_damaged_on_its_way_is_asked_for_again(db: Session, ada: Person) -> None:
    digest, parts = parts_of(jpeg(portrait(2, False)))
    chunked.take_part(db, ada, ada, Part(digest, 0, 2, b"something else"))
    with pytest.raises(Damaged):
        chunked.take_part(db, ada, ada, Part(digest, 1, 2, parts[1]))
    assert not blobs().list_named("part"), "all of it comes again"
    assert db.scalar(select(func.count(Photo.id))) == 0


def test_what_is_no_photo_is_refused_once_it_is_whole(db: Session, ada: Person) -> None:
    digest, parts = parts_of(b"hello, I am no picture")
    with pytest.raises(BadPhoto, match="not a photo"):
        chunked.take_part(db, ada, ada, Part(digest, 0, 1, parts[0]))
    assert not blobs().list_named("part")


@pytest.mark.parametrize(
    ("digest", "number", "of", "content", "error"),
    [
        ("../../etc/passwd", 0, 1, b"x", BadPhoto),
        ("A" * 64, 0, 1, b"x", BadPhoto),
        ("a" * 64, 1, 1, b"x", BadPhoto),
        ("a" * 64, 0, 1, b"", BadPhoto),
        ("a" * 64, 0, 41, b"x", PhotoTooLarge),
        ("a" * 64, 0, 1, bytes(PART + 1), PhotoTooLarge),
    ],
)
def test_a_wrong_part_is_refused(
    db: Session, ada: Person, digest: str, number: int, of: int, content: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        chunked.take_part(db, ada, ada, Part(digest, number, of, content))
    assert not blobs().list_named("part")


def test_a_friend_learns_nothing_of_what_others_sent(db: Session, ada: Person) -> None:
    bob, owner = people.new_person(db, "Bob", "friend"), people.owner(db)
    content = jpeg(portrait(3, True))
    digest = hashlib.sha256(content).hexdigest()
    hers = intake.receive(db, content, ada, ada).photo
    chunked.take_part(db, ada, ada, Part("b" * 64, 0, 2, b"half"))
    assert chunked.arrived(db, bob, [digest, "b" * 64]) == {}
    assert chunked.arrived(db, owner, [digest]) == {digest: (hers.id, [])}
    his = intake.receive(db, content, bob, bob)
    assert his.created
    assert his.photo.id != hers.id
    assert his.photo.group_id == hers.group_id, "but they stay on one side of the split"


def test_uploads_that_nobody_went_on_with_are_forgotten(
    db: Session, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunked.take_part(db, ada, ada, Part("c" * 64, 0, 2, b"half"))
    chunked.forget_stale()
    assert len(blobs().list_named("part")) == 1
    monkeypatch.setattr(chunked, "KEPT", timedelta(seconds=-1))
    chunked.forget_stale()
    assert not blobs().list_named("part")
