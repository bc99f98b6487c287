"""The owner's pages for looking after a workbench: backups, operations, audit; and what programs watch."""

import csv
import io
import json
import re
import tarfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.backup import kept, shelf
from db.base import now
from db.models import Backup, Event, Photo, Run, Worker
from labeller.erasure.finish import finish_pending
from labeller.erasure.mark import mark_person
from labeller.people import people
from labeller.reports.audit_sentences import SENTENCES
from tests.clients import sign_in
from tests.factories import add_faces
from tests.web.conftest import Client


def kinds(db: Session) -> list[str]:
    return list(db.scalars(select(Event.kind).order_by(Event.id)))


def test_an_owner_makes_downloads_and_deletes_a_backup(client: Client, db: Session) -> None:
    owner = client("owner")
    assert "No backup yet" in owner.get("/backups").text
    owner.post("/backups")
    owner.post("/backups")  # the same one: it waits
    (backup,) = db.scalars(select(Backup)).all()
    assert "A backup is being made" in owner.get("/backups").text
    kept.make(db, backup.id, backup.attempt, "train@here")
    db.refresh(backup)
    assert backup.status == "done"
    page = owner.get("/backups").text
    assert "Last backup" in page
    assert owner.get(f"/backups/{backup.id}/file").status_code == 403, "a token gets no signing key"
    browser = sign_in(owner.application, people.owner(db))
    got = browser.get(f"/backups/{backup.id}/file")
    assert got.content_length == backup.size == len(got.data)
    with tarfile.open(fileobj=io.BytesIO(got.data)) as archive:
        assert {"about.json", "database.sqlite", "secret_key", "SHA256SUMS"} <= set(archive.getnames())
    owner.post(f"/backups/{backup.id}/delete")
    assert browser.get(f"/backups/{backup.id}/file").status_code == 404
    assert "no longer kept" in owner.get("/backups").text
    assert [kind for kind in kinds(db) if kind.startswith("backup")] == [
        "backup_requested", "backup_made", "backup_downloaded", "backup_deleted"
    ]  # fmt: skip


@pytest.mark.slow
def test_a_stopped_backup_leaves_no_file(
    client: Client, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = client("owner")
    owner.post("/backups")
    backup = db.scalars(select(Backup)).one()
    monkeypatch.setattr(kept, "WRITE_SECONDS", 0)
    made = shelf.add

    def stop_meanwhile(name: str, on_share: object) -> object:
        owner.post(f"/backups/{backup.id}/cancel")
        return made(name, on_share)  # type: ignore[arg-type]

    monkeypatch.setattr(shelf, "add", stop_meanwhile)
    kept.make(db, backup.id, backup.attempt, "train@here")
    db.refresh(backup)
    assert (backup.status, backup.file) == ("cancelled", None)
    assert list(shelf._folder().iterdir()) == []


@pytest.mark.slow
def test_a_failed_scheduled_backup_is_said_in_words(
    client: Client, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = client("owner")
    assert owner.post("/backups/schedule", data={"days": 2, "hour": 3, "kept": 5}).status_code == 400
    owner.post("/backups/schedule", data={"days": 1, "hour": 3, "kept": 2})
    assert kept.start_due(db, now().replace(tzinfo=None)) is None, "the next one is due tomorrow"
    backup = kept.start_due(db, datetime.now() + timedelta(days=1))
    assert backup is not None
    monkeypatch.setattr("db.backup.create.SPARE_BYTES", 1 << 60)
    kept.make(db, backup.id, backup.attempt, "train@here")
    page = owner.get("/backups").text
    assert "The scheduled backup of" in page
    assert "are free in" in page
    assert "The last backup failed" in owner.get("/operations").text


@pytest.mark.slow
def test_old_backups_go_when_a_new_one_is_made(client: Client, db: Session) -> None:
    owner = client("owner")
    owner.post("/backups/schedule", data={"days": 0, "hour": 3, "kept": 2})
    for _ in range(3):
        owner.post("/backups")
        backup = db.scalars(select(Backup).order_by(Backup.id.desc())).first()
        assert backup is not None
        kept.make(db, backup.id, backup.attempt, "train@here")
        db.expire_all()
    assert [one.file is not None for one in kept.recent(db)] == [True, True, False]
    assert len(list(shelf._folder().iterdir())) == 2


def test_operations_name_what_would_stop_the_workbench_and_try_again(client: Client, db: Session) -> None:
    owner = client("owner")
    add_faces(db, 1)
    photo = db.scalars(select(Photo)).one()
    photo.status, photo.error, photo.attempt = "failed", "Its worker stopped three times on it.", 4
    db.add(Run(recipe={}, seed=0, classes=[1, 2], status="failed", error="It ran out of memory."))
    db.add(Worker(name="train@far", kind="train", seen_at=now(), clock_skew=-75.0))
    db.add(Worker(name="detect@here", kind="detect", seen_at=now(), problem="no weights"))
    db.commit()
    page = owner.get("/operations").text
    for words in (
        "clock is off by 75 seconds",
        "detect@here cannot work: no weights",
        "No beat worker",
        "The broker does not answer",
        "Its worker stopped three times",
        "It ran out of memory",
    ):
        assert words in page, words  # fmt: skip
    owner.post("/operations/photos/retry")
    db.refresh(photo)
    assert (photo.status, photo.attempt, photo.error) == ("queued", 6, None)
    assert any(is_unchanged(owner, "/operations/now") for _ in range(5))  # it says how long ago, in seconds


def is_unchanged(client: FlaskClient, path: str) -> bool:
    """Whether a page is not sent again to whoever has it."""
    etag = client.get(path).headers["ETag"]
    return client.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_the_audit_trail_is_filtered_paged_and_without_erased_names(client: Client, db: Session) -> None:
    owner = client("owner")
    ada = people.new_person(db, "=Ada", "friend")
    db.flush()
    for number in range(60):
        db.add(Event(kind="run_requested", person_id=ada.id, detail={"run": number}))
    db.add(Event(kind="renamed", person_id=people.owner(db).id, detail={"person": ada.id}))
    db.commit()
    page = owner.get("/audit").text
    assert "renamed =Ada" in page
    older = re.search(r'href="(/audit\?before=[^"]+)"', page)
    assert older is not None
    assert "asked for run 0" in owner.get(older[1]).text
    filtered = owner.get(f"/audit?person={ada.id}&group=people").text
    assert "Nothing of this kind" in filtered
    lines = list(csv.DictReader(io.StringIO(owner.get(f"/audit.csv?person={ada.id}").text)))
    assert len(lines) == 60
    assert {line["person"] for line in lines} == {"'=Ada"}, "a spreadsheet would run it as a formula"
    mark_person(db, ada, people.owner(db))
    db.commit()
    finish_pending(db)
    assert "Ada" not in owner.get("/audit?group=people").text
    exported = owner.get("/audit.jsonl").text
    assert "Ada" not in exported
    assert json.loads(exported.splitlines()[-1])["kind"] == "audit_exported"
    assert owner.get("/audit.exe").status_code == 404


def test_every_kind_of_entry_has_words(client: Client, db: Session) -> None:
    """Each kind that the code writes, as this test finds them in it."""
    root = Path(__file__).parents[3]
    written: set[str] = set()
    for package in ("db", "inference", "labeller", "trainer", "web"):
        for file in (root / package).rglob("*.py"):
            if "node_modules" not in file.parts:
                text = file.read_text(encoding="utf-8")
                written |= set(re.findall(r'Event\(\s*kind="(\w+)"', text))
                written |= set(re.findall(r'audit\.note\(\s*\w+(?:\(\))?, "(\w+)"', text))
    assert len(written) > 20
    assert written - set(SENTENCES) == set()


def test_each_answer_has_the_id_that_the_log_has(
    client: Client, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    owner = client("owner")
    owner.application.testing = False
    owner.application.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr(kept, "recent", lambda session: 1 / 0)
    broken = owner.get("/backups", headers={"X-Request-ID": "from-a-proxy.1"})
    assert broken.status_code == 500
    assert broken.headers["X-Request-ID"] == "from-a-proxy.1"
    assert "from-a-proxy.1" in broken.text
    assert "request=from-a-proxy.1" in capfd.readouterr().out
    odd = owner.get("/audit", headers={"X-Request-ID": "a b\tc"})
    assert re.fullmatch(r"[0-9a-f]{16}", odd.headers["X-Request-ID"])


def test_metrics_are_for_owners_and_name_queues_jobs_and_workers(client: Client, db: Session) -> None:
    assert client("friend").get("/metrics").status_code == 403
    db.add(Worker(name="detect@here", kind="detect", seen_at=now()))
    db.commit()
    owner = client("owner")
    owner.get("/healthz")
    families = {family.name: family for family in text_string_to_metric_families(owner.get("/metrics").text)}
    requests = {sample.labels["endpoint"] for sample in families["secondlook_requests"].samples}
    assert "home.healthz" in requests
    for name in ("jobs", "workers_alive", "disk_free_bytes", "database_bytes", "clock_skew_seconds", "up"):
        assert f"secondlook_{name}" in families, name


def test_ready_needs_the_broker_and_healthy_the_workers(client: Client, db: Session) -> None:
    anybody = client()
    assert anybody.get("/readyz").status_code == 503  # no broker in the quick tests
    assert anybody.get("/healthz").json == {"status": "starting", "missing": ["beat", "detect"]}
