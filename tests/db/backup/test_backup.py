"""A backup restored is the same workbench, whatever the two are kept in."""

import shutil
import stat
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import blob_hold, signing
from db.backup import archive, create, kept, shelf
from db.backup.restore import restore, staging_folder
from db.base import now
from db.errors import Conflict, Unavailable
from db.models import Artifact, BlobHold, DoomedBlob, Photo
from db.session import engine
from db.settings import settings
from db.storage import blobs
from db.workbench import live_run
from labeller.erasure.finish import finish_pending
from labeller.erasure.mark import mark_photos
from labeller.people import people
from tests.conftest import forget_settings
from tests.db.backup.elsewhere import ignore, start_elsewhere
from tests.db.backup.workbenches import contents, fill, without_work
from tests.db.test_storage import s3 as s3
from tests.simulation_result import simulation_result
from web import create_app
from web.pages import simulations


@pytest.mark.slow
@pytest.mark.parametrize("to", ["sqlite", "postgres"])
def test_everything_is_the_same_after_a_restore_on_either_engine(
    db: Session, backup: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch, to: str,
) -> None:  # fmt: skip
    before, secret = contents(db), settings().signing_key()
    db.close()
    new = tmp_path_factory.mktemp("new") / "data"
    start_elsewhere(
        new, monkeypatch, request.getfixturevalue("migrated_postgres") if to == "postgres" else None
    )
    restored = restore(backup, ignore)
    assert restored.missing == 0
    assert restored.counts["photo"] == 2
    assert settings().signing_key() == secret
    assert not staging_folder().exists()
    assert (new / "simulations" / "faces.json").exists()
    with Session(engine()) as session:
        after = contents(session)
        assert without_work(after) == without_work(before)
        run = live_run(session)
        assert run is not None
        assert signing.read_verified(session.get_one(Artifact, (run.id, "keras")))
        at_work = session.scalars(select(Photo).order_by(Photo.id)).first()
        assert at_work is not None
        assert (at_work.status, at_work.owner) == ("queued", None)
        last = max(row["id"] for row in after["rows"]["person"])
        assert people.new_person(session, "New", "friend").id > last + 1, (
            "an id of a deleted person comes again"
        )


@pytest.mark.slow
def test_only_its_maker_can_read_it_and_tar_can_check_it(backup: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [one.name for one in backup.parent.iterdir()] == [backup.name]
    subprocess.run(["tar", "-xf", backup, "-C", tmp_path], check=True)
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=tmp_path, check=True)


@pytest.mark.slow
def test_a_backup_is_never_written_over(backup: Path) -> None:
    before = backup.read_bytes()
    with pytest.raises(Conflict, match="exists already"):
        create.back_up_to(backup, ignore)
    assert backup.read_bytes() == before


def test_a_full_disk_is_said_before_anything_is_written(
    db: Session, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(create, "SPARE_BYTES", 1 << 60)
    with pytest.raises(Unavailable, match="are free"):
        create.back_up_to(tmp_path / "no.backup", ignore)
    assert not list(tmp_path.glob("*no.backup*"))


@pytest.mark.slow
def test_a_cancelled_backup_leaves_nothing(
    db: Session, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fill(db, data)
    place = tmp_path_factory.mktemp("place")

    def cancel(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        create.back_up_to(place / "half.backup", cancel)
    assert list(place.iterdir()) == []
    assert db.scalar(select(BlobHold.id)) is None


@pytest.mark.slow
def test_what_is_erased_while_it_is_made_is_in_it_and_goes_afterwards(
    db: Session, data: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fill(db, data)
    photo = db.scalars(select(Photo)).first()
    assert photo is not None
    path, erased = tmp_path_factory.mktemp("place") / "a.backup", []
    key, photo_id = photo.blob, photo.id
    db.commit()

    def erase(share: float) -> None:
        if share > create.ROWS_SHARE and not erased:
            erased.extend(mark_photos(db, Photo.id == photo_id, None))
            db.commit()
            finish_pending(db)
            assert blobs().has(key), "a file that the backup needs is gone"

    made = create.back_up_to(path, erase)
    assert made.missing == 0
    assert f"blobs/{key[:2]}/{key}".encode() in path.read_bytes()
    finish_pending(db)
    assert not blobs().has(key)
    assert db.get(Photo, photo_id) is None


def test_the_hold_of_a_killed_backup_ends_within_seconds(db: Session) -> None:
    key = blobs().put(b"no longer used")
    db.add(BlobHold(until=now() + timedelta(seconds=blob_hold.HOLD_SECONDS)))
    db.commit()
    blob_hold.delete_blobs(db, {key})
    db.commit()
    blob_hold.delete_doomed(db)
    assert blobs().has(key)
    held = db.scalars(select(BlobHold)).one()
    held.until -= timedelta(seconds=blob_hold.HOLD_SECONDS)
    db.commit()
    assert blob_hold.HOLD_SECONDS <= 20
    blob_hold.delete_doomed(db)
    assert not blobs().has(key)
    assert db.scalars(select(DoomedBlob)).all() == []


def test_results_of_simulations_come_back(
    db: Session, data: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with create_app().app_context():
        simulations.save(simulation_result(), folder := simulations.new_folder())
        saved = simulations.latest()
    (folder / "curves.json.part").write_text("half")
    (folder.parent / f"{folder.name}-large").mkdir()
    (folder.parent / f"{folder.name}-large" / "curves.svg").write_bytes(bytes(archive.MAX_SMALL + 1))
    db.commit()
    file = tmp_path_factory.mktemp("place") / "a.backup"
    create.back_up_to(file, ignore)
    db.close()
    new = tmp_path_factory.mktemp("new")
    start_elsewhere(new, monkeypatch, None)
    restore(file, ignore)
    assert simulations.latest() == saved
    files = {path.name for path in (new / "simulations").rglob("*") if path.is_file()}
    assert files == {"curves.json", "curves.svg"}


@pytest.mark.slow
def test_a_backup_made_on_s3_is_kept_there_and_restores_into_a_folder(
    migrated_sqlite: Path, data: Path, s3: str, tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    shutil.copy(migrated_sqlite, data)
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
    for name, value in ({"BLOBS_URL": "s3://faces/for-backups", "S3_ENDPOINT": s3} | keys).items():
        monkeypatch.setenv(name, value)
    forget_settings()
    with Session(engine()) as session:
        fill(session, data)
        before = contents(session)
        backup = kept.request(session, None)
        session.commit()
        kept.make(session, backup.id, 0, "train@here")
        session.expire_all()
        assert backup.status == "done", backup.error
        size, pieces = shelf.read(str(backup.file))
    file = tmp_path_factory.mktemp("downloaded") / "a.backup"
    file.write_bytes(b"".join(pieces))
    assert file.stat().st_size == size
    monkeypatch.delenv("BLOBS_URL")
    start_elsewhere(tmp_path_factory.mktemp("new"), monkeypatch, None)
    restore(file, ignore)
    with Session(engine()) as session:
        after = contents(session)
    assert after["files"] == before["files"]
    assert without_work(after)["rows"]["face"] == without_work(before)["rows"]["face"]
    monkeypatch.setenv("BLOBS_URL", "s3://faces/elsewhere")
    start_elsewhere(tmp_path_factory.mktemp("other"), monkeypatch, None)
    restore(file, ignore)
    with Session(engine()) as session:
        assert contents(session)["files"] == before["files"]
