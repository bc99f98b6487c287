"""Imports over HTTP: an archive at once or in parts, its report, and the page."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from db.models import Import, Person, Photo
from db.settings import settings
from db.storage import blobs
from labeller.imports import parts, work
from tests.labeller.imports import tiny_format
from tests.labeller.imports.archive_files import make_zip
from tests.labeller.imports.tiny_format import face, write
from tests.web.conftest import Client

KEY = "0123456789abcdef" * 2
PHOTOS = [
    {"name": "a.jpg", "faces": [face([10, 10, 40, 50], "mask"), face([1, 1, 2, 2], "mask")]},
    {"name": "b.jpg"},
]


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_format.register(monkeypatch)


@pytest.fixture
def archive(tmp_path: Path) -> bytes:
    folder = write(tmp_path / "in", [dict(one) for one in PHOTOS])
    path = make_zip(tmp_path / "set.zip", {one.name: one.read_bytes() for one in sorted(folder.iterdir())})
    return path.read_bytes()


@pytest.fixture
def owner(client: Client) -> FlaskClient:
    return client("owner", "Olga")


def send(owner: FlaskClient, archive: bytes, **fields: Any) -> Any:
    data = {"file": (io.BytesIO(archive), "set.zip")} | fields
    return owner.post("/api/v1/imports", data=data, content_type="multipart/form-data")


def do(db: Session, import_id: int) -> None:
    row = db.get_one(Import, import_id, populate_existing=True)
    work.import_dataset(db, row.id, row.attempt, "transfers@here")


def test_an_archive_is_accepted_and_its_report_read(db: Session, owner: FlaskClient, archive: bytes) -> None:
    sent = send(owner, archive, person="Ada")
    assert sent.status_code == 202, sent.text
    path = f"/api/v1/imports/{sent.json['id']}"
    waiting = owner.get(path).json
    assert (waiting["status"], waiting["progress"], waiting["format"]) == ("queued", 0, None)
    do(db, sent.json["id"])
    done = owner.get(path).json
    assert (done["status"], done["progress"], done["format"], done["error"]) == ("done", 1, "coco", None)
    report = done["report"]
    assert (report["new"], report["known"], report["faces"]) == (2, 0, 1)
    assert report["counts"] == {"conflicts": 0, "skipped": 1, "changed": 0, "notes": 1}
    (line,) = report["skipped"]
    assert line == {
        "file": "a.jpg",
        "place": "labels.json face 2",
        "message": "a box is too small, 2 × 2 pixels; refused",
        "photo_id": 1,
    }
    assert db.get_one(Photo, 1).person is not None
    listed = owner.get("/api/v1/imports").json
    assert [one["id"] for one in listed["items"]] == [sent.json["id"]]
    assert "report" not in listed["items"][0]
    assert owner.post(f"{path}/cancel").status_code == 409


def test_an_archive_may_come_in_parts(
    db: Session, owner: FlaskClient, archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "PART_BYTES", size := 4000)
    pieces = [archive[start : start + size] for start in range(0, len(archive), size)]
    for number in reversed(range(1, len(pieces))):
        assert owner.put(f"/api/v1/imports/parts/{KEY}/{number}", data=pieces[number]).status_code == 200
    fields = {"upload": KEY, "parts": len(pieces), "name": "my set.zip"}
    missing = owner.post("/api/v1/imports", data=fields, content_type="multipart/form-data")
    assert (missing.status_code, missing.json["error"]["code"]) == (400, "upload_incomplete")
    assert owner.get(f"/api/v1/imports/parts/{KEY}").json["parts"] == list(range(1, len(pieces)))
    owner.put(f"/api/v1/imports/parts/{KEY}/0", data=pieces[0])
    sent = owner.post("/api/v1/imports", data=fields, content_type="multipart/form-data")
    assert sent.status_code == 202, sent.text
    assert list(blobs().list_named("import-part/")) == []
    do(db, sent.json["id"])
    done = owner.get(f"/api/v1/imports/{sent.json['id']}").json
    assert (done["status"], done["file_name"]) == ("done", "my set.zip")


@pytest.mark.parametrize(
    ("path", "content", "code"),
    [
        (f"{KEY}/0", b"", "file_too_large"),
        (f"{KEY}/9999999", b"x", "file_too_large"),
        ("short/0", b"x", "bad_key"),
    ],
)
def test_a_part_that_cannot_be_one_is_refused(
    owner: FlaskClient, path: str, content: bytes, code: str
) -> None:
    answer = owner.put(f"/api/v1/imports/parts/{path}", data=content)
    assert answer.json["error"]["code"] == code
    assert list(blobs().list_named("import-part/")) == []


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"format": "exe"}, 400, "unknown_format"),
        ({"mapping": json.dumps({"x": "hat"})}, 400, "unknown_class"),
        ({"mapping": "{"}, 422, "invalid_request"),
        ({"voc_base": "2"}, 422, "invalid_request"),
        ({"person": "#999"}, 404, "no_such_person"),
    ],
)
def test_wishes_that_cannot_be_met_are_refused(
    owner: FlaskClient, archive: bytes, fields: dict[str, str], status: int, code: str
) -> None:
    answer = send(owner, archive, **fields)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code), answer.text
    assert list(blobs().list_named("import/")) == []


def test_without_a_file_nothing_begins(owner: FlaskClient) -> None:
    answer = owner.post("/api/v1/imports", data={"format": "coco"}, content_type="multipart/form-data")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "file_missing")


def test_an_archive_may_be_larger_than_a_photo_and_not_than_its_own_limit(
    owner: FlaskClient, archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAX_UPLOAD_MB", "1")
    monkeypatch.setenv("MAX_IMPORT_MB", "3")
    settings.cache_clear()
    assert send(owner, archive + bytes(2_500_000)).status_code == 202
    too_large = send(owner, archive + bytes(5_000_000))
    assert (too_large.status_code, too_large.json["error"]["code"]) == (413, "file_too_large")
    assert "3 MB" in too_large.json["error"]["hint"]


def test_only_owners_import(client: Client, archive: bytes) -> None:
    for role in ("labeller", "friend"):
        assert send(client(role, "Bob"), archive).status_code == 403
        assert client(role, "Bob").get("/api/v1/imports").status_code == 403


def test_the_page_begins_an_import_follows_it_and_stops_it(
    db: Session, owner: FlaskClient, archive: bytes
) -> None:
    assert "Import dataset" in owner.get("/export").text
    fields = {"file": (io.BytesIO(archive), "set.zip"), "format": "", "pairs": "With Mask = mask\n\n"}
    sent = owner.post("/export/imports", data=fields, content_type="multipart/form-data")
    assert (sent.status_code, sent.location) == (302, "/export#imports")
    assert db.get_one(Import, 1).options == {"mapping": {"With Mask": "mask"}}
    listed = owner.get("/export/imports")
    assert "It waits for a worker." in listed.text
    assert owner.get("/export/imports", headers={"If-None-Match": listed.headers["ETag"]}).status_code == 304
    do(db, 1)
    page = owner.get("/export").text
    assert "2 new photos, 1 face, 1 left out" in page
    assert "a box is too small" in page
    send(owner, archive)
    assert owner.post("/export/imports/2/cancel").status_code == 302
    assert db.get_one(Import, 2, populate_existing=True).status == "cancelled"


@pytest.mark.parametrize("fields", [{"pairs": "mask"}, {"voc_base": "7"}])
def test_a_form_that_cannot_be_read_is_refused_in_words(
    owner: FlaskClient, archive: bytes, fields: dict[str, str]
) -> None:
    data = {"file": (io.BytesIO(archive), "set.zip")} | fields
    answer = owner.post("/export/imports", data=data, content_type="multipart/form-data")
    assert answer.status_code == 400


def test_a_report_of_a_deleted_person_is_empty_on_the_page(
    db: Session, owner: FlaskClient, archive: bytes
) -> None:
    sent = send(owner, archive, person="Ada")
    do(db, sent.json["id"])
    ada = db.query(Person).filter_by(name="Ada").one()
    owner.post(f"/people/{ada.id}/erase")
    report = owner.get(f"/api/v1/imports/{sent.json['id']}").json["report"]
    assert (report["skipped"], report["counts"]["skipped"]) == ([], 1)
