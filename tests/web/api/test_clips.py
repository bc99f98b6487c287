"""A video sent in parts over HTTP, and who may ask for it."""

import hashlib
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from db.models import Clip
from inference.clips.sample import sample_clip
from labeller.uploads import chunked
from tests.inference.clips.test_sample import drawn_clip
from tests.web.conftest import Client

PART = 20_000


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunked, "PART_BYTES", PART)


def send(client: FlaskClient, content: bytes) -> int:
    digest = hashlib.sha256(content).hexdigest()
    parts = range(0, len(content), PART)
    assert len(parts) > 1
    for number, start in enumerate(parts):
        path = f"/api/v1/uploads/{digest}/{number}?of={len(parts)}"
        answer = client.put(path, data=content[start : start + PART])
        assert answer.status_code == 200, answer.text
        assert answer.json["photo"] is None
    return int(answer.json["clip"]["id"])


@pytest.mark.slow
def test_a_video_in_parts_becomes_photos_of_whoever_sent_it(data: Path, db: Session, client: Client) -> None:
    ada, bob, owner = client("friend", "Ada"), client("friend", "Bob"), client("owner", "Olga")
    content = drawn_clip([3, 8, 21])
    clip_id = send(ada, content)
    asked = f"/api/v1/clips/{clip_id}"
    assert ada.get(asked).json["status"] == "queued"
    sample_clip(db, clip_id, 0, "clips@here")
    for viewer in (ada, owner):
        clip = viewer.get(asked).json
        assert (clip["status"], clip["progress"], clip["error"]) == ("done", 1.0, None)
        assert len(clip["photos"]) == 3
    assert bob.get(asked).status_code == 404
    for photo in clip["photos"]:
        assert ada.get(f"/api/v1/photos/{photo}").status_code == 200
        assert bob.get(f"/api/v1/photos/{photo}").status_code == 404
    known = {"sha256": [hashlib.sha256(content).hexdigest()]}
    assert ada.post("/api/v1/uploads", json=known).json["arrived"][0]["clip_id"] == clip_id
    assert bob.post("/api/v1/uploads", json=known).json["arrived"] == []
    assert db.get_one(Clip, clip_id, populate_existing=True).blob is None
