"""What people see of quotas and of a disk that is nearly full."""

import io
import sqlite3
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text as sql
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from db.base import now
from db.models import BrowserSession
from labeller.people import credentials, people
from tests.clients import get_page, post_form, sign_in
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

    from web.auth import permissions, roles

    permissions.ALLOWED["full"] = roles.ANYONE
    try:
        answer = client().get("/api/v1/full")
    finally:
        del permissions.ALLOWED["full"]
    assert (answer.status_code, answer.json["error"]["code"]) == (507, "no_space")


def fill_disk(db: Session, table: str) -> None:
    """Let the database find no room for changes of the table."""
    text = "SELECT RAISE(FAIL, 'database or disk is full')"
    db.execute(sql(f"CREATE TRIGGER full BEFORE UPDATE ON {table} BEGIN {text}; END"))
    db.commit()


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_who_is_signed_in_sees_the_pages_on_a_full_disk(app: Flask, db: Session) -> None:
    app.testing = False
    owner = people.owner(db)
    browser = sign_in(app, owner)
    secret, _ = credentials.add_token(db, owner, None)
    db.execute(update(BrowserSession).values(seen_at=now() - timedelta(minutes=2)))
    fill_disk(db, "browser_session")
    assert "Workbench" in get_page(browser, "/operations")
    assert owner.name in get_page(browser, "/people")
    db.execute(sql("DROP TRIGGER full"))
    fill_disk(db, "token")
    program = {"Authorization": f"Bearer {secret}"}
    assert app.test_client().get("/api/v1/stats", headers=program).status_code == 200


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_a_change_that_finds_no_room_is_a_page_with_words(app: Flask, db: Session) -> None:
    app.testing = False
    owner = people.owner(db)
    browser = sign_in(app, owner)
    fill_disk(db, "person")
    answer = post_form(browser, "/profile", f"/people/{owner.id}/rename", name="Grace")
    assert answer.status_code == 507
    assert "The disk of this workbench is full." in answer.text
