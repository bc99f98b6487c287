"""What people see of quotas and of a disk that is nearly full."""

import io
import sqlite3

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from labeller.people import people
from tests.clients import get_page, sign_in
from tests.conftest import forget_settings
from tests.pictures import jpeg, portrait
from tests.web.conftest import Client


def test_a_friend_sees_how_many_photos_are_left(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_PERSON_PHOTOS", "2")
    forget_settings()
    ada = client("friend", "Ada")
    photo = jpeg(portrait(1, True))
    assert ada.post("/api/v1/photos", data={"file": (io.BytesIO(photo), "a.jpg")}).status_code == 201
    quota = ada.get("/api/v1/quota").json
    assert quota["photos"] == {"used": 1, "limit": 2}
    assert 0 < quota["bytes"]["used"] < quota["bytes"]["limit"]
    assert client("owner").get("/api/v1/quota").json["photos"] == {"used": 0, "limit": None}
    second = jpeg(portrait(2, True))
    assert ada.post("/api/v1/photos", data={"file": (io.BytesIO(second), "b.jpg")}).status_code == 201
    third = ada.post("/api/v1/photos", data={"file": (io.BytesIO(jpeg(portrait(3, True))), "c.jpg")})
    assert (third.status_code, third.json["error"]["code"]) == (413, "quota_reached")
    assert "Delete some" in third.json["error"]["hint"]


def test_the_page_for_sending_says_what_is_left(app: Flask, db: Session) -> None:
    owner, ada = people.owner(db), people.new_person(db, "Ada", "labeller")
    db.commit()
    assert "You may send 2000 more photos" in get_page(sign_in(app, ada), "/upload")
    assert "You may send" not in get_page(sign_in(app, owner), "/upload")


def test_below_the_floor_photos_get_507_answers_go_in_and_the_owner_sees_it(
    app: Flask, db: Session, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, ada = people.owner(db), people.new_person(db, "Ada", "labeller")
    db.commit()
    assert "The disk is nearly full" not in get_page(sign_in(app, owner), "/people")
    monkeypatch.setenv("MIN_FREE_MB", str(1 << 40))
    forget_settings()
    assert "The disk is nearly full" in get_page(sign_in(app, owner), "/people")
    assert "The disk is nearly full" not in get_page(sign_in(app, ada), "/upload")
    sent = client("friend", "Bob").post(
        "/api/v1/photos", data={"file": (io.BytesIO(jpeg(portrait(1, True))), "a.jpg")}
    )
    assert (sent.status_code, sent.json["error"]["code"]) == (507, "no_space")
    assert "Nothing is lost" in sent.json["error"]["hint"]
    assert client("owner").post("/api/v1/classes", json={"name": "scarf"}).status_code != 507


def test_a_database_that_finds_no_room_is_507(app: Flask, client: Client) -> None:
    app.testing = False

    @app.get("/api/v1/full")
    def full() -> None:
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

    from web.auth import permissions

    permissions.ALLOWED["full"] = permissions.ANYONE
    try:
        answer = client().get("/api/v1/full")
    finally:
        del permissions.ALLOWED["full"]
    assert (answer.status_code, answer.json["error"]["code"]) == (507, "no_space")
