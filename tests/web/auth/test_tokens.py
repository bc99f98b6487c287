"""Bearer tokens: what they may do, where they are listed, and that they become nothing else."""

import re

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.models import BrowserSession, Token
from labeller.people import credentials, invites, people
from tests.clients import get_page, post_form, sign_in
from tests.web.conftest import Client

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.mark.parametrize(
    ("scope", "may", "may_not"),
    [
        ("read", ["GET /metrics", "GET /api/v1/stats", "GET /api/v1/tokens", "GET /api/v1/photos"],
         ["POST /api/v1/photos", "POST /api/v1/answers", "GET /people/1", "GET /",
          "GET /api/v1/queue", "GET /api/v1/agreed"]),
        ("send", ["POST /api/v1/photos", "POST /api/v1/uploads"],
         ["GET /api/v1/photos", "GET /api/v1/stats", "DELETE /api/v1/photos/1", "GET /api/v1/tokens"]),
        ("label", ["GET /api/v1/queue", "POST /api/v1/answers", "GET /api/v1/stats"],
         ["POST /api/v1/photos", "POST /api/v1/runs", "DELETE /api/v1/people/1", "GET /api/v1/tokens"]),
    ],
)  # fmt: skip
def test_a_token_does_what_its_scope_says(
    app: Flask, db: Session, scope: str, may: list[str], may_not: list[str]
) -> None:
    secret, token = credentials.add_token(db, people.owner(db), None, credentials.Terms(scope=scope))
    token.used_at = now()
    other, _ = credentials.add_token(db, people.owner(db), None)
    db.commit()
    program = app.test_client()
    program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    for call in may:
        method, path = call.split()
        assert program.open(path, method=method).status_code not in (401, 403), call
    for call in may_not:
        method, path = call.split()
        assert program.open(path, method=method).status_code == 403, call
    assert program.delete(f"/api/v1/tokens/{token.id + 1}").status_code == 403
    assert credentials.find_token(db, other) is not None
    assert program.delete(f"/api/v1/tokens/{token.id}").status_code == 204, "it may end itself"
    assert program.get("/api/v1/stats").status_code == 401


@pytest.mark.slow
def test_tokens_are_listed_and_revoked_by_those_they_belong_to(client: Client, db: Session) -> None:
    owner, ada, bob = client("owner", "Grace"), client("friend", "Ada"), client("friend", "Bob")
    (adas,) = ada.get("/api/v1/tokens").json["items"]
    assert (adas["person"], adas["role"], adas["scope"]) == ("Ada", "friend", "all")
    assert not {"token", "token_hash"} & set(adas)
    assert len(owner.get("/api/v1/tokens").json["items"]) == 3
    for nobodys in (adas["id"], 99):
        assert bob.delete(f"/api/v1/tokens/{nobodys}").status_code == 404
    assert ada.get("/api/v1/tokens").status_code == 200
    assert owner.delete(f"/api/v1/tokens/{adas['id']}").status_code == 204
    assert ada.get("/api/v1/tokens").status_code == 401


def test_a_token_never_becomes_a_session_nor_shows_a_link(app: Flask, client: Client, db: Session) -> None:
    program, owner = client("owner", "Grace"), people.owner(db)
    link = credentials.personal_link(owner)
    invitation, _ = invites.create_invite(db, "owner", owner)
    db.commit()
    secret = program.environ_base["HTTP_AUTHORIZATION"].split()[1]
    for path in (
        f"/me/{link}",
        f"/i/{invitation}",
        "/hello/passkey",
        "/profile/tokens",
        "/profile/passkeys/options",
    ):
        answer = program.post(path, json={"credential": {}})
        assert answer.status_code in (400, 403), path
    assert program.post("/people/invite", data={"role": "owner"}).status_code == 403
    assert db.scalars(select(BrowserSession)).all() == []
    invites.find_open(db, invitation)  # it is not used up
    page = get_page(program, f"/people/{owner.id}")
    assert "/me/" not in page
    assert "/me/" in get_page(sign_in(app, owner), f"/people/{owner.id}")
    browser = app.test_client()
    with browser.session_transaction() as held:
        held["id"] = secret
    assert browser.get("/mine").location == "/hello"
    assert browser.get(f"/i/{secret}").status_code == browser.get(f"/me/{secret}").status_code == 403


def test_wrong_bearer_tokens_are_refused_at_once(client: Client) -> None:
    for wrong in ("sl_x", "x" * 100_000, "é" * 40, "sl_" + "a" * 43, " "):
        headers = {"Authorization": f"Bearer {wrong}".encode().decode("latin-1")}
        assert client().get("/api/v1/stats", headers=headers).status_code == 401


def test_a_token_is_made_on_the_profile_and_shown_once(app: Flask, db: Session) -> None:
    lea = people.new_person(db, "Lea", "labeller")
    browser = sign_in(app, lea)
    made = post_form(browser, "/profile", "/profile/tokens", name="nightly", scope="read", days="7")
    secret = re.search(r'value="(sl_[^"]+)"', made.text)[1]
    assert credentials.person_of_token(db, secret) is lea
    page = get_page(browser, "/profile")
    assert "nightly" in page
    assert secret not in page
    token = db.scalars(select(Token)).one()
    assert "nightly" in get_page(sign_in(app, people.owner(db)), "/people/tokens")
    assert post_form(browser, "/profile", "/profile/tokens", scope="root").status_code == 400
    assert post_form(browser, "/profile", f"/profile/tokens/{token.id}/revoke").location == "/profile"
    assert credentials.person_of_token(db, secret) is None
