"""The backups that the workbench keeps: what killed ones leave, how failures are said, what is listed."""

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from obstore.exceptions import GenericError
from sqlalchemy import delete
from sqlalchemy.orm import Session

from db.backup import create, kept, rows, shelf
from db.backup.restore import restore
from db.base import now
from db.errors import Unavailable
from db.models import Backup, BlobHold, Run
from db.session import session_scope
from db.storage import blobs
from labeller import retention
from labeller.people import people
from tests.conftest import forget_settings
from tests.db.backup.elsewhere import ignore, start_elsewhere
from tests.db.test_storage import s3 as s3
from tests.workbench_process import ROOT

KILLED_WHILE_IT_ADDS_FILES = """
import os, signal, sys
from db.backup import create, kept
from db.session import session_scope
create._add_blobs = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
with session_scope() as session:
    kept.make(session, int(sys.argv[1]), 0, "train@here")
"""


def request(db: Session) -> Backup:
    backup = kept.request(db, None)
    db.commit()
    return backup


def make(db: Session, backup: Backup) -> Backup:
    kept.make(db, backup.id, backup.attempt, "train@here")
    db.refresh(backup)
    return backup


def on_shelf() -> set[str]:
    return {path.name for path in shelf._folder().iterdir()}


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
@pytest.mark.parametrize("tidy", [retention.tidy, lambda db: make(db, request(db))])
def test_nothing_stays_of_a_killed_backup_that_is_stopped(
    db: Session, data: Path, tidy: Callable[[Session], object]
) -> None:
    backup = request(db)
    command = [sys.executable, "-c", KILLED_WHILE_IT_ADDS_FILES, str(backup.id)]
    killed = subprocess.run(command, cwd=ROOT, env=os.environ | {"DATA": str(data)})
    assert killed.returncode == -signal.SIGKILL
    left = on_shelf()
    assert len(left) == 2, "its draft, and the copy of the rows"
    retention.tidy(db)
    assert on_shelf() == left, "another attempt may still begin"
    kept.cancel(db, kept.get(db, backup.id), people.owner(db))
    db.commit()
    tidy(db)
    assert not on_shelf() & left


def test_only_leftovers_are_tidied_away(db: Session) -> None:
    done, failed, stopped, waits = (Backup(status=name) for name in ("done", "failed", "cancelled", "queued"))
    db.add_all([done, failed, stopped, waits])
    db.flush()
    done.file = kept._file_name(done)
    db.commit()
    names = {one: kept._file_name(one) for one in (done, failed, stopped, waits)}
    foreign = {"mine.tar", "second-look-2026-01-02-2.tar", f"second-look-2026-01-02-{waits.id + 7}.tar"}
    drafts = {one: f".{name}.part" for one, name in names.items()}
    for name in {*names.values(), *drafts.values(), *foreign}:
        (shelf._folder() / name).write_text("x")
    with open(shelf._folder() / drafts[stopped], "rb") as at_work:
        fcntl.flock(at_work, fcntl.LOCK_EX)
        kept.delete_leftovers(db)
        assert {names[stopped], drafts[stopped]} <= on_shelf(), "its worker has not noticed yet"
    kept.delete_leftovers(db)
    assert on_shelf() == {names[done], names[waits], drafts[done], drafts[waits]} | foreign


@pytest.mark.slow
def test_a_step_may_take_longer_than_the_lease(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LEASE_SECONDS", 0.6)
    backup, copy_out, renewed = request(db), create.copy_out, []

    def copy_slowly(*arguments: object) -> None:
        time.sleep(1.2)
        with session_scope() as other:
            renewed.append(kept.get(other, backup.id).lease_until > now())  # type: ignore[operator]
        copy_out(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(create, "copy_out", copy_slowly)
    make(db, backup)
    assert renewed == [True]
    assert backup.status == "done"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (sqlite3.OperationalError("database or disk is full"), "The disk is full."),
        (GenericError("no route to the store"), "The store of the photos does not answer"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (RuntimeError("something odd"), "RuntimeError: something odd"),
    ],
)
@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_whatever_goes_wrong_is_said_at_once(
    db: Session, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(rows, "_back_up_sqlite", fail)
    backup = make(db, request(db))
    assert backup.status == "failed"
    assert str(backup.error).startswith(words)
    assert on_shelf() == set()


def test_many_failures_hide_no_backup_that_is_kept(db: Session) -> None:
    backup = make(db, request(db))
    db.add_all(Backup(status="failed", scheduled=True) for _ in range(kept.SHOWN + 1))
    db.commit()
    assert backup in kept.recent(db)
    assert len(kept.recent(db)) == kept.SHOWN + 1
    assert kept.last(db) is backup


def test_a_backup_ends_at_once_when_files_may_be_gone(
    db: Session, data: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.blob_hold.RENEW_SECONDS", 0.05)
    keys = [blobs().put(f"manifest {n}".encode()) for n in range(3)]
    db.add_all(Run(recipe={}, seed=0, classes=[1, 2], status="done", manifest=key) for key in keys)
    db.commit()
    shares = []

    def lose_hold(share: float) -> None:
        if share <= create.ROWS_SHARE:
            return
        shares.append(share)
        with session_scope() as other:
            other.execute(delete(BlobHold))
            other.commit()
        time.sleep(0.5)

    with pytest.raises(Unavailable, match="could not keep files"):
        create.back_up_to(tmp_path_factory.mktemp("place") / "a.backup", lose_hold)
    assert len(shares) == 1


@pytest.mark.slow
def test_what_lies_on_s3_needs_no_room_here(
    db: Session, data: Path, s3: str, tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
    for name, value in ({"BLOBS_URL": "s3://faces/no-room", "S3_ENDPOINT": s3} | keys).items():
        monkeypatch.setenv(name, value)
    db.commit()
    forget_settings()
    size = 20 << 20
    db.add(Run(recipe={}, seed=0, classes=[1, 2], status="done", manifest=blobs().put(bytes(size))))
    db.commit()
    monkeypatch.setattr(create, "SPARE_BYTES", 0)
    monkeypatch.setattr(create.shutil, "disk_usage", lambda _: SimpleNamespace(free=size - 1))
    assert make(db, request(db)).status == "done"
    _, pieces = shelf.read(kept.recent(db)[0].file or "")
    file = tmp_path_factory.mktemp("downloaded") / "a.backup"
    file.write_bytes(b"".join(pieces))
    with pytest.raises(Unavailable, match="A backup takes up to"):
        create.back_up_to(file.with_name("here"), ignore)
    db.close()
    start_elsewhere(tmp_path_factory.mktemp("new"), monkeypatch, None)
    monkeypatch.setenv("BLOBS_URL", "s3://faces/no-room-either")
    forget_settings()
    assert restore(file, ignore).missing == 0
    monkeypatch.delenv("BLOBS_URL")
    start_elsewhere(tmp_path_factory.mktemp("another"), monkeypatch, None)
    with pytest.raises(Unavailable, match="Restoring takes up to"):
        restore(file, ignore)
