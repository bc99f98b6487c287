"""A friend's way through the pages; and that no address shows, lists or deletes what is another friend's."""

import hashlib
import io
import json
import re
import zipfile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from db.models import Face, Person, Photo
from db.settings import settings
from labeller.erasure.finish import finish_pending
from labeller.people import consent, credentials, invites, people, sessions
from labeller.uploads import intake
from tests.clients import csrf_token, sign_in
from tests.factories import add_run_trained_on, draw_face
from tests.pictures import jpeg, portrait
from tests.web.conftest import Client
from web.auth.permissions import ALLOWED

ENDS = ("mine.erase", "auth.sign_out", "account.end_sessions")
"""Afterwards nobody could ask any more."""
ADA = "Ada-whom-nobody-else-may-see"


def join(app: Flask, db: Session, name: str) -> tuple[FlaskClient, Person]:
    secret, _ = invites.create_invite(db, "friend")
    db.commit()
    made = app.test_client()
    form = {"name": name, "consent": "on", "csrf_token": csrf_token(made, f"/i/{secret}")}
    assert made.post(f"/i/{secret}", data=form).location == "/upload"
    return made, people.everyone(db)[-1]


@pytest.mark.slow
def test_no_route_shows_lists_or_deletes_another_friends_photo(app: Flask, db: Session) -> None:
    """Every route, every method, by cookie and by token, with the other friend's ids everywhere."""
    owner, bob = people.owner(db), people.new_person(db, "Bob", "friend")
    consent.agree(db, bob)
    ada = people.new_person(db, ADA, "friend")
    content = jpeg(portrait(1, True))
    photo = intake.receive(db, content, ada, ada).photo
    photo.status = "ready"
    # Bob's own ids are others than Ada's, so that nothing of his is met by chance.
    face = draw_face(db, owner, photo, (20, 20, 90, 90), "mask")
    run = add_run_trained_on(db, [face])
    token, _ = credentials.issue_token(db, "friend", "Bob")
    _, adas = sessions.begin(db, ada, "personal link", "Firefox/1 Linux")
    _, invite = invites.create_invite(db, "friend", terms=invites.Terms(note=ADA))
    db.commit()
    digest = str(photo.sha256)
    ids = {
        "photo_id": photo.id, "face_id": face.id, "person_id": ada.id, "run_id": run.id, "event_id": 1,
        "invite_id": invite.id, "session_id": adas.id, "token_id": 99, "backup_id": 1, "passkey_id": 1,
        "clip_id": 1, "batch_id": 1, "key": digest, "sha256": digest, "part": 0, "name": "sha2.js",
        "secret": credentials.personal_link(ada)[:-1], "filename": "look.css", "ending": "keras",
        "other_id": run.id,
    }  # fmt: skip
    query = {"id": photo.id, "person": ada.id, "before": photo.id + 1, "cursor": 0, "of": 1, "view": "photos"}
    form = {"id": photo.id, "into": bob.id, "name": "x", "answer": "reject", "back": "/gallery", "batch": "b"}
    body = {
        "face_id": face.id,
        "client_key": "k",
        "kind": "reject",
        "box": [1, 1, 50, 50],
        "sha256": [digest],
    }
    by_cookie, by_token = sign_in(app, bob), app.test_client()
    by_token.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    pictures = {
        bytes(intake.blobs().get(photo.view_blob))[-200:],
        bytes(intake.blobs().get(photo.blob))[-200:],
    }
    walked = 0
    for rule in app.url_map.iter_rules():
        if rule.endpoint in ENDS:
            continue
        path = re.sub(r"<(?:[^:<>]+:)?(\w+)>", lambda found: str(ids.get(found.group(1), 1)), rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            for client in (by_cookie, by_token):
                token_field = {"csrf_token": csrf_token(by_cookie, "/mine")} if client is by_cookie else {}
                sends = [{"json": body, "headers": {"X-CSRFToken": token_field.get("csrf_token", "")}}]
                sends += [{"data": form | token_field}] if method == "POST" else []
                sends = [{}] if method == "GET" else sends
                for options in sends:
                    answer = client.open(path, method=method, query_string=query, **options)
                    walked += 1
                    where = (method, path, answer.status_code)
                    assert answer.status_code != 500, where
                    assert ADA.encode() not in answer.data, where
                    assert not any(part in answer.data for part in pictures), where
                    assert f"/photos/{photo.id}/".encode() not in answer.data, where
                    assert not answer.mimetype.startswith("image/jpeg"), where
    assert walked > 2 * len(ALLOWED)
    db.expire_all()
    assert db.get_one(Photo, photo.id).status == "ready"
    assert db.get_one(Photo, photo.id).person_id == ada.id
    assert db.get_one(Face, face.id).label == "mask"
    assert db.get_one(Person, ada.id).name == ADA


def test_a_friend_keeps_a_link_and_comes_back_by_it_on_any_device(app: Flask, db: Session) -> None:
    phone, _ = join(app, db, "Ada")
    page = phone.get("/mine").text
    link = re.search(r'value="http://localhost(/me/[^"]+)"', page)
    assert link is not None
    assert "<svg" in page
    other = app.test_client()
    welcome = other.get(link[1])
    assert "Welcome back, Ada" in welcome.text
    assert other.get("/mine").location == "/hello", "looking at the link alone signs nobody in"
    assert other.post(link[1], data={"csrf_token": csrf_token(other, link[1])}).location == "/"
    assert other.get("/mine").status_code == 200
    ada = people.everyone(db)[-1]
    credentials.replace_link(db, ada, people.owner(db))
    db.commit()
    assert other.get("/mine").location == "/hello"
    assert app.test_client().get(link[1]).status_code == 403


def test_whoever_is_here_already_is_not_made_twice(app: Flask, db: Session) -> None:
    phone, _ = join(app, db, "Ada")
    secret, _ = invites.create_invite(db, "friend")
    db.commit()
    assert "Continue as Ada" in phone.get(f"/i/{secret}").text
    assert "Continue as" not in app.test_client().get(f"/i/{secret}").text


def test_a_changed_text_asks_again_before_anything_is_sent(
    app: Flask, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, ada = join(app, db, "Ada")
    assert "Choose photos" in phone.get("/upload").text
    monkeypatch.setattr(settings(), "retention_days", 30)
    page = phone.get("/upload").text
    assert "After 30 days" in page
    assert "Choose photos" not in page
    headers = {"X-CSRFToken": csrf_token(phone, "/mine")}
    refused = phone.put(f"/api/v1/uploads/{'a' * 64}/0?of=1", data=b"x", headers=headers)
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "no_consent")
    phone.post("/mine/consent", headers=headers)
    assert "Choose photos" in phone.get("/upload").text
    db.refresh(ada)
    assert ada.consent_version.endswith("30 days")


def test_my_photos_shows_what_was_found_and_takes_it_back(app: Flask, db: Session) -> None:
    phone, _ = join(app, db, "Ada")
    headers = {"X-CSRFToken": csrf_token(phone, "/mine")}
    sent = []
    for seed in (1, 2):
        file = {"file": (io.BytesIO(jpeg(portrait(seed, True))), "a.jpg")}
        sent.append(phone.post("/api/v1/photos", data=file, headers=headers).json["id"])
    photo = db.get_one(Photo, sent[0])
    photo.status = "ready"
    draw_face(db, people.owner(db), photo, (20, 20, 90, 90), "mask")
    db.commit()
    page = phone.get("/mine").text
    assert 'class="chip c0">mask' in page
    assert "1 photo is still being searched." in page
    assert page.count("<figure") == 2
    archive = zipfile.ZipFile(io.BytesIO(phone.get("/mine/everything.zip").data))
    about = json.loads(archive.read("about.json"))
    assert about["person"]["name"] == "Ada"
    assert about["person"]["consent_version"] == consent.version()
    assert [one["faces"][0]["label"] for one in about["photos"] if one["faces"]] == ["mask"]
    assert sorted(archive.namelist()) == ["about.json", *[f"photos/{number}.jpg" for number in sent]]
    assert phone.post(f"/photos/{sent[0]}/delete", headers=headers).location == "/mine"
    assert phone.get("/mine").text.count("<figure") == 1
    gone = phone.post("/mine/erase", headers=headers)
    assert "Everything is deleted" in gone.text
    assert phone.get("/mine").location == "/hello"
    finish_pending(db)
    assert db.query(Photo).count() == 0
    assert [person.name for person in people.everyone(db)] == ["Owner"]


def test_a_friends_page_says_what_a_failure_means(app: Flask, db: Session) -> None:
    phone, _ = join(app, db, "Ada")
    headers = {"X-CSRFToken": csrf_token(phone, "/mine")}
    gif = b"GIF89a" + bytes(2000)
    digest = hashlib.sha256(gif).hexdigest()
    refused = phone.put(f"/api/v1/uploads/{digest}/0?of=1", data=gif, headers=headers)
    assert refused.status_code == 400
    assert refused.json["error"]["message"] == "This is a GIF, not a photo."
    assert "Send an ordinary photo" in refused.json["error"]["hint"]


def test_photos_in_parts_over_http(client: Client) -> None:
    ada = client("friend", "Ada")
    content = jpeg(portrait(5, False))
    digest = hashlib.sha256(content).hexdigest()
    asked = ada.post("/api/v1/uploads", json={"sha256": [digest]}).json
    assert asked == {"part_bytes": 1 << 20, "arrived": []}
    first = ada.put(f"/api/v1/uploads/{digest}/1?of=2", data=content[5000:])
    assert first.json == {"photo": None, "clip": None}
    assert ada.post("/api/v1/uploads", json={"sha256": [digest]}).json["arrived"][0]["parts"] == [1]
    # The cut is ours to choose: the parts are put together in their order, and the hash is checked.
    done = ada.put(f"/api/v1/uploads/{digest}/0?of=2", data=content[:5000]).json["photo"]
    assert done == {"id": 1, "status": "queued", "duplicate_of": None}
    assert ada.post("/api/v1/uploads", json={"sha256": [digest]}).json["arrived"] == [
        {"sha256": digest, "photo_id": 1, "clip_id": None, "parts": []}
    ]
    assert ada.get("/api/v1/photos").json["items"][0]["id"] == 1
    assert ada.put("/api/v1/uploads/short/0?of=1", data=b"x").status_code == 400
    assert ada.put(f"/api/v1/uploads/{digest}/0", data=b"x").status_code == 422
    assert ada.put(f"/api/v1/uploads/{digest}/0?of=1&person=Bob", data=b"x").status_code == 403
    big = ada.put(f"/api/v1/uploads/{'a' * 64}/0?of=1", data=bytes((1 << 20) + 1))
    assert big.status_code == 413
