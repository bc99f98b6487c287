"""When stored files are deleted, and when not."""

import threading
import time

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from db import blob_hold
from db.models import BlobHold, DoomedBlob, Run
from db.session import session_scope
from db.storage import blobs


def wait_for(held: blob_hold.Hold, seconds: float) -> bool:
    """Whether the hold is lost within so many seconds."""
    end = time.monotonic() + seconds
    while not held.is_lost and time.monotonic() < end:
        time.sleep(0.02)
    return held.is_lost


def test_a_file_goes_after_the_commit_unless_a_row_names_it(db: Session) -> None:
    unused, named = blobs().put(b"unused"), blobs().put(b"named")
    db.add(Run(recipe={}, seed=0, classes=[1, 2], manifest=named))
    db.commit()
    blob_hold.delete_blobs(db, {unused})
    db.rollback()
    assert blob_hold.delete_doomed(db)
    assert blobs().has(unused), "that it was to be deleted is taken back"
    blob_hold.delete_blobs(db, {unused, named})
    assert blobs().has(unused)
    db.commit()
    assert blob_hold.delete_doomed(db)
    assert [blobs().has(key) for key in (unused, named)] == [False, True]
    assert db.scalars(select(DoomedBlob)).all() == []


def test_a_file_goes_though_its_note_was_read_while_a_row_still_named_it(db: Session) -> None:
    key = blobs().put(b"of two photos")
    db.add(Run(recipe={}, seed=0, classes=[1, 2], manifest=key))
    blob_hold.delete_blobs(db, {key})  # of the other one
    db.commit()
    db.execute(delete(Run))
    blob_hold.delete_blobs(db, {key})
    if db.get_bind().dialect.name == "postgresql":  # others read meanwhile; on SQLite they wait
        with session_scope() as other:
            assert blob_hold.delete_doomed(other)
        assert blobs().has(key)
    db.commit()
    assert blob_hold.delete_doomed(db)
    assert not blobs().has(key)


@pytest.mark.parametrize("db", ["postgres"], indirect=True)
def test_who_notes_the_same_file_waits_for_nobody(db: Session) -> None:
    db.add(DoomedBlob(key="of two photos"))
    db.flush()
    with session_scope() as other:
        other.execute(text("SET LOCAL lock_timeout = '1s'"))
        blob_hold.delete_blobs(other, {"of two photos"})
        other.commit()


def test_what_was_deleted_before_it_is_named_is_stored_again(db: Session) -> None:
    key = blobs().put(b"of a photo that is being received")
    blob_hold.delete_blobs(db, {key})
    blob_hold.delete_doomed(db)
    assert not blobs().has(key)
    blob_hold.keep(db, [b"of a photo that is being received"])
    assert blobs().has(key)


@pytest.mark.slow
def test_a_hold_survives_an_outage_of_the_database_but_not_its_own_end(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob_hold, "RENEW_SECONDS", 0.05)
    renew, is_away = blob_hold._renew_row, threading.Event()

    def renew_unless_away(id: int) -> bool:
        if is_away.is_set():
            raise ConnectionError
        return renew(id)

    monkeypatch.setattr(blob_hold, "_renew_row", renew_unless_away)
    db.commit()
    with blob_hold.hold() as held:
        is_away.set()
        assert not wait_for(held, 0.5)
        is_away.clear()
        with session_scope() as other:
            other.execute(delete(BlobHold))
            other.commit()
        assert wait_for(held, 20)
    monkeypatch.setattr(blob_hold, "HOLD_SECONDS", 0.5)
    is_away.set()
    with blob_hold.hold() as held:
        assert wait_for(held, 20)
