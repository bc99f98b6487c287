"""Photos that are sent at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Group, Person, Photo
from db.session import session_scope
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
