"""A POST with an Idempotency-Key is carried out once, whatever happens to its answer."""

import io
from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from db import kept_replies
from db.base import now
from db.models import KeptReply, Photo
from labeller import retention
from labeller.erasure.mark import mark_photos
from labeller.uploads.try_again import look_again
from tests.factories import add_faces
from tests.pictures import jpeg, portrait
from tests.web.conftest import Client
from web.api import photos

KEY = {"Idempotency-Key": "7f1c"}


def send(client: FlaskClient, name: str = "one.jpg", seed: int = 1, key: str = "7f1c") -> TestResponse:
    photo = (io.BytesIO(jpeg(portrait(seed, masked=False))), name)
    return client.post("/api/v1/photos", data={"file": photo}, headers={"Idempotency-Key": key})


@pytest.fixture
def owner(client: Client, db: Session) -> FlaskClient:
    """An owner of a workbench with one photo, which failed."""
    add_faces(db, 1)
    fail(db)
    return client("owner", "Grace")


def fail(db: Session) -> None:
    db.execute(update(Photo).values(status="failed"))
    db.commit()


def status(db: Session) -> str | None:
    db.rollback()
    return db.scalar(select(Photo.status))


def retry(client: FlaskClient) -> TestResponse:
    """A call that may not be done twice: what it is about has changed meanwhile."""
    return client.post("/api/v1/photos/1/retry", headers=KEY)


def test_the_second_is_answered_as_the_first(client: Client, db: Session) -> None:
    owner = client("owner")
    first, again, other = send(owner), send(owner), send(owner, key="other")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 200)
    assert again.data == first.data
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert db.scalar(select(func.count()).select_from(Photo)) == 1


def test_another_body_name_address_or_field_is_another_request(client: Client) -> None:
    owner = client("owner")
    send(owner)
    photo = io.BytesIO(jpeg(portrait(1, masked=False)))
    for response in (
        send(owner, seed=2),
        send(owner, name="two.jpg"),
        owner.post("/api/v1/photos", data={"file": (photo, "one.jpg"), "person": "Ada"}, headers=KEY),
        owner.post("/api/v1/runs", json={}, headers=KEY),
    ):
        assert (response.status_code, response.json["error"]["code"]) == (422, "key_reused")


def test_each_person_has_keys_of_their_own(client: Client) -> None:
    assert send(client("owner")).json["duplicate_of"] is None
    assert send(client("labeller")).json["duplicate_of"] is not None


def test_what_was_refused_may_be_sent_again_with_its_key(client: Client, db: Session) -> None:
    add_faces(db, 1)
    owner = client("owner")
    assert retry(owner).status_code == 409  # it has not failed
    fail(db)
    assert retry(owner).status_code == 202


def test_one_at_work_is_waited_for(owner: FlaskClient, db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def meanwhile(session: Session, photo: Photo) -> None:
        session.commit()
        inner.append(retry(owner))
        look_again(session, photo)

    inner: list[TestResponse] = []
    monkeypatch.setattr(photos, "look_again", meanwhile)
    assert retry(owner).status_code == 202
    assert (inner[0].status_code, inner[0].json["error"]["code"]) == (409, "at_work")
    assert inner[0].headers["Retry-After"] == "1"


def kill_before_answering(call: Callable[[], object], db: Session) -> None:
    """Carry out a call whose process is killed after the commit, and wait until it counts as killed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept_replies, "answered", lambda *_: None)
        call()
    grow_old(db, 2 * kept_replies.AT_WORK_FOR)


def grow_old(db: Session, age: timedelta) -> None:
    db.rollback()
    db.execute(update(KeptReply).values(begun_at=now() - age))
    db.commit()


def test_after_a_kill_nothing_is_done_twice(owner: FlaskClient, db: Session) -> None:
    kill_before_answering(lambda: retry(owner), db)
    fail(db)
    again = retry(owner)
    assert (again.status_code, again.json["error"]["code"]) == (409, "reply_lost")
    assert status(db) == "failed"


def test_after_a_kill_what_is_harmless_is_done_again(client: Client, db: Session) -> None:
    owner = client("owner")
    kill_before_answering(lambda: send(owner), db)
    again = send(owner)
    assert (again.status_code, again.json["duplicate_of"]) == (200, again.json["id"])


def test_after_a_kill_before_the_commit_it_is_carried_out(owner: FlaskClient, db: Session) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photos, "look_again", _killed)
        patch.setattr(kept_replies, "refused", lambda *_: None)
        assert retry(owner).status_code == 500
    assert retry(owner).json["error"]["code"] == "at_work"
    grow_old(db, 2 * kept_replies.AT_WORK_FOR)
    assert retry(owner).status_code == 202


def _killed(*_: Any) -> None:
    raise RuntimeError


def test_who_was_taken_for_killed_stores_nothing(owner: FlaskClient, db: Session) -> None:
    def slowly(session: Session, photo: Photo) -> None:
        session.rollback()  # SQLite has one writer
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(photos, "look_again", look_again)
            inner.setattr(kept_replies, "AT_WORK_FOR", timedelta())
            thread = Thread(target=lambda: others.append(retry(owner)))
            thread.start()
            thread.join()
        photo.error = "too late"

    others: list[TestResponse] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(photos, "look_again", slowly)
        late = retry(owner)
    assert others[0].status_code == 202
    assert (late.status_code, late.json["error"]["code"]) == (409, "taken_over")
    db.rollback()
    assert db.scalar(select(Photo.error)) is None


def test_what_was_answered_cannot_be_read_from_the_database(owner: FlaskClient, db: Session) -> None:
    answer = retry(owner).json
    row = db.scalars(select(KeptReply)).one()
    assert row.sealed
    assert b'"id"' not in row.sealed
    assert "7f1c" not in f"{row.key_hash} {row.request_hash}"
    assert retry(owner).json == answer


def test_erasure_forgets_what_was_answered_but_not_that_it_was(owner: FlaskClient, db: Session) -> None:
    retry(owner)
    mark_photos(db, Photo.id > 0, None)
    db.commit()
    assert db.scalars(select(KeptReply)).one().sealed is None
    assert retry(owner).json["error"]["code"] == "reply_lost"


def test_after_a_day_a_key_is_new(owner: FlaskClient, db: Session) -> None:
    retry(owner)
    grow_old(db, kept_replies.KEPT_FOR + timedelta(seconds=1))
    fail(db)
    assert "Idempotency-Replayed" not in retry(owner).headers
    assert status(db) == "queued"
    grow_old(db, kept_replies.KEPT_FOR + timedelta(seconds=1))
    retention.tidy(db)
    assert db.scalar(select(func.count()).select_from(KeptReply)) == 0


@pytest.mark.parametrize("key", ["", "with a space", "x" * 256, "ü"])
def test_a_key_has_a_form(client: Client, key: str) -> None:
    response = client("owner").post("/api/v1/runs", json={}, headers={"Idempotency-Key": key})
    assert (response.status_code, response.json["error"]["code"]) == (400, "bad_key")


def test_a_stranger_and_a_forbidden_one_keep_nothing(client: Client, db: Session) -> None:
    assert send(client()).status_code == 401
    assert client("friend").post("/api/v1/runs", json={}, headers=KEY).status_code == 403
    assert db.scalar(select(func.count()).select_from(KeptReply)) == 0
