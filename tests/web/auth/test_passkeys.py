"""Passkeys of owners, with an authenticator in software, and whatever is refused."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import Event, Passkey, PasskeyChallenge, Person
from labeller.people import people, sessions
from tests.authenticator import Authenticator
from tests.clients import csrf_token, get_page, sign_in

JSON = {"Accept": "application/json"}


def call(browser: FlaskClient, page: str, path: str, **body: Any):  # type: ignore[no-untyped-def]
    return browser.post(path, json=body, headers=JSON | {"X-CSRFToken": csrf_token(browser, page)})


def add_passkey(app: Flask, owner: Person, key: Authenticator) -> FlaskClient:
    """A signed-in browser that has added the passkey."""
    browser = sign_in(app, owner)
    options = call(browser, "/profile", "/profile/passkeys/options").json
    added = call(browser, "/profile", "/profile/passkeys", credential=key.add(options), name="Laptop")
    assert added.status_code == 200, added.text
    return browser


def challenge(browser: FlaskClient) -> dict[str, Any]:
    options: dict[str, Any] = call(browser, "/hello", "/hello/passkey/options").json
    return options


def answer(browser: FlaskClient, credential: Any):  # type: ignore[no-untyped-def]
    return call(browser, "/hello", "/hello/passkey", credential=credential)


def test_an_owner_adds_a_passkey_and_signs_in_with_it(app: Flask, db: Session) -> None:
    owner, key = people.owner(db), Authenticator()
    browser = add_passkey(app, owner, key)
    assert 'value="Laptop"' in get_page(browser, "/profile") or "Passkey 1" in get_page(browser, "/profile")
    stranger = app.test_client()
    options = challenge(stranger)
    assert options["userVerification"] == "required"
    assert not options.get("allowCredentials"), "it names no account"
    assert answer(stranger, key.sign_in(options)).json == {"url": "/"}
    assert stranger.get("/profile").status_code == 200
    assert [one.how for one in sessions.of_person(db, owner)] == ["passkey", "personal link"]
    kinds = set(db.scalars(select(Event.kind)))
    assert "passkey_added" in kinds


def test_an_answer_works_once_for_the_browser_that_asked_within_minutes(app: Flask, db: Session) -> None:
    key, stranger, other = Authenticator(), app.test_client(), app.test_client()
    add_passkey(app, people.owner(db), key)
    credential = key.sign_in(challenge(stranger))
    challenge(other)
    assert answer(other, credential).status_code == 403, "of another browser's challenge"
    assert answer(stranger, credential).status_code == 200
    assert answer(stranger, credential).status_code == 403, "a second time"
    credential = key.sign_in(challenge(other))
    db.execute(update(PasskeyChallenge).values(expires_at=now() - timedelta(seconds=1)))
    db.commit()
    assert answer(other, credential).status_code == 403, "too late"
    assert answer(app.test_client(), credential).status_code == 403, "never asked"


def test_a_passkey_that_does_not_fit_is_refused(app: Flask, db: Session) -> None:
    owner, key, stranger = people.owner(db), Authenticator(), app.test_client()
    browser = add_passkey(app, owner, key)

    def refused(other: Authenticator, options: dict[str, Any] | None = None, verified: bool = True) -> bool:
        asked = challenge(stranger)
        answered = answer(stranger, other.sign_in(options or asked, verified))
        return bool((answered.status_code, answered.json["error"]["code"]) == (403, "passkey_refused"))

    def like(**changes: Any) -> Authenticator:
        other = Authenticator()
        vars(other).update(vars(key) | changes)
        return other

    assert refused(like(origin="http://localhost.evil.example"))
    assert refused(like(host="evil.example"))
    assert refused(like(key=Authenticator().key))
    assert refused(like(credential_id=b"of nobody here.."))
    assert refused(like(), verified=False)
    assert refused(like(), call(browser, "/profile", "/profile/passkeys/options").json), "made for adding"
    db.execute(update(Passkey).values(uses=5))
    db.commit()
    assert refused(like()), "the counter says that it was copied"
    owner.role = "labeller"
    db.commit()
    assert refused(like(uses=50)), "no owner any more"
    owner.role = "owner"
    db.commit()
    assert answer(stranger, like(uses=60).sign_in(challenge(stranger))).status_code == 200


@pytest.mark.slow
def test_odd_answers_are_refused(app: Flask, db: Session) -> None:
    browser, stranger = sign_in(app, people.owner(db)), app.test_client()
    empty = {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}
    odd = {"attestationObject": "AA", "clientDataJSON": "!", "authenticatorData": 1, "signature": None}
    for credential in (None, [], "x", {}, {"id": 1}, empty, empty | {"id": "é", "response": odd}):
        call(browser, "/profile", "/profile/passkeys/options")
        challenge(stranger)
        assert call(browser, "/profile", "/profile/passkeys", credential=credential).status_code == 400
        assert answer(stranger, credential).status_code in (400, 403)
    assert db.scalars(select(Passkey)).all() == []


@pytest.mark.slow
def test_what_is_added_is_verified_and_ones_own(app: Flask, db: Session) -> None:
    owner, grace, key = people.owner(db), people.new_person(db, "Grace", "owner"), Authenticator()
    browser, graces = sign_in(app, owner), sign_in(app, grace)
    options = call(browser, "/profile", "/profile/passkeys/options").json
    call(graces, "/profile", "/profile/passkeys/options")
    for where, credential in ((graces, key.add(options)), (browser, key.add(options, verified=False))):
        assert call(where, "/profile", "/profile/passkeys", credential=credential).status_code == 400
    add_passkey(app, owner, key)
    options = call(graces, "/profile", "/profile/passkeys/options").json
    twice = call(graces, "/profile", "/profile/passkeys", credential=key.add(options))
    assert twice.status_code == 400, "one passkey is one person's"
    (row,) = db.scalars(select(Passkey)).all()
    form = {"csrf_token": csrf_token(graces, "/profile"), "name": "Mine"}
    assert graces.post(f"/profile/passkeys/{row.id}/remove", data=form).status_code == 404
    assert graces.post(f"/profile/passkeys/{row.id}/rename", data=form).status_code == 404
    form["csrf_token"] = csrf_token(browser, "/profile")
    assert browser.post(f"/profile/passkeys/{row.id}/rename", data=form).location == "/profile"
    assert 'value="Mine"' in get_page(browser, "/profile")
    assert browser.post(f"/profile/passkeys/{row.id}/remove", data=form).location == "/profile"
    stranger = app.test_client()
    assert answer(stranger, key.sign_in(challenge(stranger))).status_code == 403


@pytest.mark.slow
def test_passkeys_are_offered_where_browsers_have_them(app: Flask, db: Session) -> None:
    browser = app.test_client()
    for base, offered in (
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", False),
        ("https://localhost", True),
    ):
        page = browser.get("/hello", base_url=base)
        assert ("use-passkey" in page.text) == offered, base
