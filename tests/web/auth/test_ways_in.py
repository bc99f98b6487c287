"""Ways in and out over HTTP: cookies, sessions, tokens and links, as an attacker would try them."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import BrowserSession, Event, Person
from db.settings import settings
from labeller.people import credentials, people, sessions
from tests.clients import csrf_token, get_page, post_form, sign_in
from tests.web.conftest import Client
from web import create_app
from web.auth.identity import Credential, still_signed_in

HTML = {"Accept": "text/html,application/xhtml+xml"}


def enter(client: FlaskClient, db: Session, person: Person) -> None:
    """Sign in by the person's link, as a browser does."""
    link = f"/me/{credentials.personal_link(person)}"
    db.commit()
    assert client.post(link, data={"csrf_token": csrf_token(client, link)}).status_code == 302


def cookie_names(client: FlaskClient) -> set[str]:
    return {cookie.key for cookie in client._cookies.values()}


def test_the_cookie_is_named_by_the_data_folder_and_holds_no_more_than_an_id(app: Flask, db: Session) -> None:
    browser = app.test_client()
    enter(browser, db, people.new_person(db, "Ada", "friend"))
    (name,) = cookie_names(browser)
    assert re.fullmatch("sl_[0-9a-f]{12}", name)
    assert settings().signing_key()[:6] not in name
    with browser.session_transaction() as held:
        assert set(held) <= {"id", "csrf_token", "_permanent", "_flashes"}


def test_two_workbenches_on_one_host_do_not_sign_each_other_out(
    app: Flask, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = app.test_client()
    enter(browser, db, people.new_person(db, "Ada", "friend"))
    monkeypatch.setenv("SECRET_KEY", "of the other workbench")
    settings.cache_clear()
    other = create_app().test_client()
    other._cookies.update(browser._cookies)  # browsers do not tell ports apart
    other.get("/hello")
    assert len(cookie_names(other)) == 2


@pytest.mark.slow
def test_over_tls_the_cookie_is_secure_and_of_this_host_alone(app: Flask, db: Session) -> None:
    browser, ada = app.test_client(), people.new_person(db, "Ada", "friend")
    link = f"/me/{credentials.personal_link(ada)}"
    db.commit()
    page = browser.get(link, base_url="https://localhost")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    secure = {"base_url": "https://localhost", "headers": {"Referer": f"https://localhost{link}"}}
    signed = browser.post(link, data={"csrf_token": token}, **secure)
    header = signed.headers["Set-Cookie"]
    assert header.startswith("__Host-sl_")
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"):
        assert part in header
    assert "Domain" not in header


def test_signing_in_takes_the_pages_token_and_a_new_session(app: Flask, db: Session) -> None:
    ada, bob = people.new_person(db, "Ada", "friend"), people.new_person(db, "Bob", "friend")
    link = f"/me/{credentials.personal_link(ada)}"
    db.commit()
    attacker, victim = app.test_client(), app.test_client()
    assert victim.post(link).status_code == 400
    stolen = csrf_token(attacker, link)
    victim.get("/hello")
    assert victim.post(link, data={"csrf_token": stolen}).status_code == 400, "another browser's token"
    enter(victim, db, bob)
    victim.get("/mine")
    with victim.session_transaction() as held:
        before = dict(held)
    fixed = app.test_client()
    with fixed.session_transaction() as held:
        held.update(before)
    enter(fixed, db, ada)
    with fixed.session_transaction() as held:
        assert held["id"] != before["id"]
        assert held.get("csrf_token") != before["csrf_token"]
    assert victim.get("/mine").status_code == 302, "who signs in anew leaves the session that was there"


def test_sign_out_ends_the_session_and_a_copy_of_its_cookie(app: Flask, db: Session) -> None:
    browser, copy = app.test_client(), app.test_client()
    enter(browser, db, people.new_person(db, "Ada", "friend"))
    copy._cookies.update(browser._cookies)
    assert copy.get("/mine").status_code == 200
    assert post_form(browser, "/mine", "/out").location == "/hello"
    assert browser.get("/mine").location == copy.get("/mine").location == "/hello"
    kinds = set(db.scalars(select(Event.kind)))
    assert {"signed_in", "signed_out"} <= kinds


def test_a_friend_sees_where_they_are_signed_in_and_ends_it(app: Flask, db: Session) -> None:
    ada, bob = people.new_person(db, "Ada", "friend"), people.new_person(db, "Bob", "friend")
    phone, laptop, other = sign_in(app, ada), sign_in(app, ada), sign_in(app, bob)
    newest = sessions.of_person(db, ada)[0]
    page = get_page(phone, "/mine")
    assert "Where you are signed in" in page
    assert page.count("last used") == 2
    bobs = sessions.of_person(db, bob)[0]
    assert post_form(phone, "/mine", f"/sessions/{bobs.id}/end").status_code == 404
    assert other.get("/mine").status_code == 200
    assert post_form(phone, "/mine", f"/sessions/{newest.id}/end").location == "/mine"
    assert laptop.get("/mine").location == "/hello"
    assert post_form(phone, "/mine", "/sessions/end").location == "/hello"
    assert phone.get("/mine").location == "/hello"
    assert other.get("/mine").status_code == 200


def test_the_owner_ends_sessions_of_others_and_a_labeller_does_not(app: Flask, db: Session) -> None:
    ada, lea = people.new_person(db, "Ada", "friend"), people.new_person(db, "Lea", "labeller")
    friend, labeller, owner = sign_in(app, ada), sign_in(app, lea), sign_in(app, people.owner(db))
    row = sessions.of_person(db, ada)[0]
    path = f"/people/{ada.id}/sessions/{row.id}/end"
    assert post_form(labeller, "/profile", path).status_code == 403
    assert post_form(owner, "/profile", f"/people/{lea.id}/sessions/{row.id}/end").status_code == 404
    assert "Where they are signed in" in get_page(owner, f"/people/{ada.id}")
    assert post_form(owner, "/profile", path).location == f"/people/{ada.id}"
    assert friend.get("/mine").location == "/hello"
    post_form(owner, "/profile", f"/people/{lea.id}/sessions/end")
    assert labeller.get("/profile").location == "/hello"
    assert owner.get("/profile").status_code == 200


def old_cookie(app: Flask, person: Person, **more: object) -> FlaskClient:
    """A browser that an earlier version signed in."""
    browser = app.test_client()
    values = {"person": person.id, "link": person.link_version, "_permanent": True} | more
    browser.set_cookie("session", SecureCookieSessionInterface().get_signing_serializer(app).dumps(values))
    return browser


def test_a_cookie_of_an_earlier_version_is_exchanged_until_a_session_is_ended(
    app: Flask, db: Session
) -> None:
    ada, newcomer = people.new_person(db, "Ada", "friend"), people.new_person(db, "Bob", "friend")
    ada.old_cookies = True
    db.commit()
    phone, copy = old_cookie(app, ada), old_cookie(app, ada)
    assert phone.get("/api/v1/photos").status_code == 200
    assert sessions.of_person(db, ada) == [], "pictures and calls begin none"
    assert phone.get("/mine", headers=HTML).status_code == 200
    assert "session" not in cookie_names(phone)
    assert len(sessions.of_person(db, ada)) == 1
    assert phone.get("/mine", headers=HTML).status_code == 200
    assert len(sessions.of_person(db, ada)) == 1
    post_form(phone, "/mine", "/out")
    assert copy.get("/mine", headers=HTML).location == "/hello"
    assert old_cookie(app, newcomer).get("/mine", headers=HTML).location == "/hello"
    forged = app.test_client()
    forged.set_cookie("session", "eyJwZXJzb24iOjF9.aaaa.bbbb")
    assert forged.get("/mine", headers=HTML).location == "/hello"


def test_an_old_cookie_of_a_merged_person_ends_with_the_sessions(app: Flask, db: Session) -> None:
    ada, twin = people.new_person(db, "Ada", "friend"), people.new_person(db, "Ada B", "friend")
    ada.old_cookies = twin.old_cookies = True
    people.merge(db, twin, ada, people.owner(db))
    db.commit()
    phone = old_cookie(app, twin)
    assert phone.get("/api/v1/photos").status_code == 200
    sessions.end_all(db, ada, ada)
    db.commit()
    assert phone.get("/mine", headers=HTML).location == "/hello"


def test_an_open_page_goes_on_after_the_exchange(app: Flask, db: Session) -> None:
    ada = people.new_person(db, "Ada", "friend")
    ada.old_cookies = True
    db.commit()
    phone = old_cookie(app, ada, csrf_token="of the open page")
    phone.get("/mine", headers=HTML)
    with phone.session_transaction() as held:
        assert held["csrf_token"] == "of the open page"


def test_a_long_answer_asks_whether_its_credential_still_stands(app: Flask, db: Session) -> None:
    ada = people.new_person(db, "Ada", "labeller")
    _, row = sessions.begin(db, ada, "invitation", "")
    _, token = credentials.add_token(db, ada, None)
    db.commit()
    by_browser, by_token = Credential(row.id, None), Credential(None, token.id)
    assert still_signed_in(db, by_browser)
    assert still_signed_in(db, by_token)
    assert not still_signed_in(db, Credential(None, None))
    sessions.end_all(db, ada, ada)
    credentials.revoke_token(db, token.id, ada)
    db.commit()
    assert not still_signed_in(db, by_browser)
    assert not still_signed_in(db, by_token)


def test_use_is_noted_without_a_write_a_request(app: Flask, db: Session) -> None:
    ada = people.new_person(db, "Ada", "friend")
    browser = sign_in(app, ada)
    assert "Set-Cookie" not in browser.get("/mine/everything.zip").headers
    db.execute(update(BrowserSession).values(seen_at=now() - timedelta(minutes=5)))
    db.commit()
    assert "Set-Cookie" in browser.get("/mine").headers, "the browser keeps it as long"
    db.expire_all()
    assert now() - sessions.of_person(db, ada)[0].seen_at < timedelta(minutes=1)


@pytest.mark.slow
def test_two_annas_are_a_question_for_the_owner_and_nothing_for_anna(
    client: Client, app: Flask, db: Session
) -> None:
    from tests.web.auth.test_access import open_jpeg

    first, second = people.new_person(db, "Anna", "friend"), people.new_person(db, "Anna", "friend")
    db.commit()
    owner, anna, other = client("owner", "Grace"), sign_in(app, first), sign_in(app, second)
    asked = owner.post("/api/v1/photos", data={"file": (open_jpeg(1), "a.jpg"), "person": "Anna"})
    assert (asked.status_code, asked.json["error"]["code"]) == (409, "ambiguous_person")
    assert [one["id"] for one in asked.json["candidates"]] == [first.id, second.id]
    sent = owner.post(
        "/api/v1/photos", data={"file": (open_jpeg(1), "a.jpg"), "person": f"Anna #{second.id}"}
    )
    photo = sent.json["id"]
    assert anna.get(f"/api/v1/photos/{photo}").status_code == 404
    assert other.get(f"/api/v1/photos/{photo}").json["person_id"] == second.id
    headers = {"X-CSRFToken": csrf_token(anna, "/mine")}
    for name in ("Anna", f"#{second.id}", "Grace"):
        file = {"file": (open_jpeg(2), "b.jpg"), "person": name}
        refused = anna.post("/api/v1/photos", data=file, headers=headers)
        assert refused.status_code == 403
        assert "candidates" not in refused.json
    assert owner.get("/api/v1/faces?person=Anna").status_code == 409
    assert owner.get(f"/api/v1/faces?person={second.id}").json["items"] == []
    assert owner.get("/api/v1/faces?person=Nobody").json["items"] == []
