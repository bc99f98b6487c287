"""How much one person may send, and what a full disk refuses."""

import errno
import hashlib
import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from db import disk
from db.base import now
from db.errors import NoSpace
from db.models import Person, Photo
from db.session import session_scope
from db.storage import blobs
from labeller import retention
from labeller.erasure.mark import mark_photo
from labeller.errors import QuotaReached, TooManyOpen
from labeller.people import people
from labeller.uploads import chunked, intake, open_uploads, quotas
from labeller.uploads.chunked import Part
from tests.conftest import forget_settings
from tests.pictures import jpeg, portrait


@pytest.fixture
def ada(db: Session) -> Person:
    person = people.new_person(db, "Ada", "friend")
    db.commit()
    return person


def limit(monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    for name, value in limits.items():
        monkeypatch.setenv(name.upper(), str(value))
    forget_settings()


def send(db: Session, person: Person, seed: int) -> Photo:
    photo = intake.receive(db, jpeg(portrait(seed, True)), person, person).photo
    db.commit()
    return photo


def test_a_friend_sends_as_many_photos_as_allowed_and_more_once_some_are_deleted(
    db: Session, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, max_person_photos=2)
    first = send(db, ada, 1)
    send(db, ada, 2)
    before = {key for key, _ in blobs().list_keys()}
    with pytest.raises(QuotaReached, match="as many as one person may"):
        send(db, ada, 3)
    assert {key for key, _ in blobs().list_keys()} == before, "nothing is stored"
    assert send(db, ada, 1).id == first.id, "what is here is no new photo"
    owner = people.owner(db)
    intake.receive(db, jpeg(portrait(4, True)), owner, ada)
    mark_photo(db, first.id, ada)
    db.commit()
    assert send(db, ada, 3).id
    assert quotas.kept_by(db, ada)[0] == 2


def test_the_bytes_that_are_kept_are_limited(
    db: Session, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, max_person_mb=1)
    photo = send(db, ada, 1)
    assert photo.stored_bytes == sum(blobs().size(key) for key in (photo.blob, photo.view_blob))
    photo.stored_bytes = (1 << 20) - 10
    db.commit()
    with pytest.raises(QuotaReached, match="more than 1 MB"):
        send(db, ada, 2)


def test_of_photos_that_arrive_at_once_only_as_many_as_allowed_are_kept(
    db: Session, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, max_person_photos=2)
    outcomes = []

    def send_one(seed: int) -> None:
        with session_scope() as session:
            person = session.get_one(Person, ada.id)
            try:
                send(session, person, seed)
                outcomes.append("kept")
            except QuotaReached:
                outcomes.append("refused")

    threads = [threading.Thread(target=send_one, args=(seed,)) for seed in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["kept"] * 2 + ["refused"] * 3
    assert len(list(blobs().list_keys())) == 4


def part(seed: int, number: int = 0, size: int = 1 << 19) -> Part:
    return Part(hashlib.sha256(str(seed).encode()).hexdigest(), number, 5, bytes(size))


def test_open_uploads_and_their_bytes_are_limited(
    db: Session, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, max_open_uploads=2, max_open_mb=1, max_upload_mb=1, max_clip_mb=1)
    monkeypatch.setattr(chunked, "_check", lambda part: None)
    chunked.take_part(db, ada, ada, part(1, size=100))
    chunked.take_part(db, ada, ada, part(2, size=100))
    with pytest.raises(TooManyOpen):
        chunked.take_part(db, ada, ada, part(3, size=100))
    chunked.take_part(db, ada, ada, part(2, 1))
    with pytest.raises(TooManyOpen):
        chunked.take_part(db, ada, ada, part(2, 2))
    assert open_uploads.count(ada) == (2, 200 + (1 << 19))
    owner = people.owner(db)
    for seed in range(4):
        chunked.take_part(db, owner, None, part(seed))


def test_an_abandoned_upload_gives_way(db: Session, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, max_open_uploads=1)
    chunked.take_part(db, ada, ada, part(1))
    monkeypatch.setattr(open_uploads, "now", lambda: now() + timedelta(minutes=11))
    chunked.take_part(db, ada, ada, part(2))
    assert chunked.arrived(db, ada, [part(1).digest, part(2).digest]) == {part(2).digest: (None, [0])}


def test_below_the_floor_of_the_disk_nothing_is_received(
    db: Session, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, min_free_mb=1 << 30)
    with pytest.raises(NoSpace):
        send(db, ada, 1)
    with pytest.raises(NoSpace):
        chunked.take_part(db, ada, ada, part(1))
    assert not list(blobs().list_keys())
    limit(monkeypatch, min_free_mb=0)
    assert send(db, ada, 1).id


def test_a_write_that_finds_no_room_leaves_nothing(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs().put(b"before")
    real = os.fsync

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("db.storage.os.fsync", full)
    with pytest.raises(OSError, match="No space") as error:
        blobs().put(b"a photo")
    assert disk.is_full_error(error.value)
    monkeypatch.setattr("db.storage.os.fsync", real)
    files = [path for path in (data / "blobs").rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in files] == [b"before"]


def test_the_hourly_tidy_removes_what_nothing_names_and_measures_old_photos(
    db: Session, ada: Person, data: Path
) -> None:
    photo = send(db, ada, 1)
    size, photo.stored_bytes = photo.stored_bytes, None
    db.commit()
    unused = blobs().put(b"of a photo whose row never came")
    (data / "blobs" / "draft" / "half").write_bytes(b"half")
    young = blobs().put(b"of a photo that is being received")
    old = now().timestamp() - 90_000
    for path in (f"{unused[:2]}/{unused}", "draft/half", f"{photo.blob[:2]}/{photo.blob}"):
        os.utime(data / "blobs" / path, (old, old))
    retention.tidy(db)
    assert [blobs().has(key) for key in (unused, young, photo.blob)] == [False, True, True]
    assert not (data / "blobs" / "draft" / "half").exists()
    db.refresh(photo)
    assert photo.stored_bytes == size
