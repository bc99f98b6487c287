"""Photos that are sent at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import blob_hold
from db.models import Group, Person, Photo
from db.session import session_scope
from db.storage import blobs
from labeller.photos import splits
from labeller.uploads import intake
from tests.factories import add_invited_friend
from tests.pictures import face, jpeg, portrait

SENDERS = 4


@pytest.fixture
def placed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """SENDERS photos wait for each other: all have looked for their repeats before one is placed."""
    everyone, lock = threading.Barrier(SENDERS), splits._lock_groups

    def wait_and_lock(session: Session) -> None:
        everyone.wait(60)
        lock(session)

    monkeypatch.setattr(splits, "_lock_groups", wait_and_lock)


def send_at_once(files: list[bytes], person_id: int | None = None) -> None:
    def send(content: bytes) -> None:
        with session_scope() as session:
            person = session.get(Person, person_id) if person_id else None
            intake.receive(session, content, person, person)
            session.commit()

    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, files))


def count_groups(db: Session) -> list[int]:
    """Photos by group."""
    return list(db.scalars(select(func.count(Photo.id)).join(Group).group_by(Group.id)))


@pytest.mark.usefixtures("placed_at_once")
def test_near_repeats_share_a_group(db: Session) -> None:
    picture = portrait(1, False)
    send_at_once([jpeg(picture, quality=90 - number) for number in range(SENDERS)])
    assert count_groups(db) == [SENDERS]
    assert len(set(db.scalars(select(Photo.repeat_id)))) <= 2, "the first of them has no number of its own"


@pytest.mark.usefixtures("placed_at_once")
def test_a_friends_photos_share_a_group(db: Session) -> None:
    friend = add_invited_friend(db, "Ada")
    send_at_once([jpeg(face(number, False)) for number in range(SENDERS)], friend.id)
    assert count_groups(db) == [SENDERS]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_each_of_many_friends_is_in_one_group_whatever_arrives_at_once(db: Session) -> None:
    """25 friends, three photos of each from three threads, and later a fourth."""
    friends = [add_invited_friend(db, f"Friend {n}").id for n in range(25)]
    files = [jpeg(face(number, number % 2 == 0)) for number in range(100)]

    def send(friend: int, content: bytes) -> None:
        with session_scope() as session:
            person = session.get_one(Person, friend)
            intake.receive(session, content, person, person)
            session.commit()

    with ThreadPoolExecutor(3) as pool:
        for number, friend in enumerate(friends):
            list(pool.map(send, [friend] * 3, files[4 * number : 4 * number + 3]))
        list(pool.map(send, friends, files[3::4]))
    groups = select(func.count(Photo.group_id.distinct())).group_by(Photo.person_id)
    assert list(db.scalars(groups)) == [1] * 25
    assert db.scalar(select(func.count(Photo.id))) == 100


def test_a_repeat_of_a_photo_that_may_be_restored_shares_its_group(db: Session) -> None:
    picture = portrait(1, False)
    first = intake.receive(db, jpeg(picture), None).photo
    db.commit()
    first.status = "erasing"
    db.commit()
    repeat = intake.receive(db, jpeg(picture, quality=70), None).photo
    db.commit()
    assert repeat.group_id == first.group_id


def test_whoever_deletes_files_waits_for_rows_that_are_about_to_name_them(db: Session) -> None:
    photo = intake.receive(db, jpeg(portrait(1, False)), None).photo
    keys = photo.blob, photo.view_blob

    def delete() -> None:
        with session_scope() as other:
            blob_hold.delete_blobs(other, keys)
            blob_hold.delete_doomed(other)

    deletion = threading.Thread(target=delete)
    deletion.start()
    deletion.join(0.5)
    assert deletion.is_alive()
    db.commit()
    deletion.join(20)
    assert not deletion.is_alive()
    assert all(blobs().has(key) for key in keys)
