"""Who may call what, and how strangers are met."""

import re

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from db.models import ROLES
from labeller.people import invites, people
from tests.clients import csrf_token, sign_in
from tests.factories import add_faces
from tests.pictures import jpeg, portrait
from tests.web.conftest import Client
from web.auth.permissions import ALLOWED


def test_every_route_stands_in_the_table_and_no_other(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(ALLOWED)
    for roles in ALLOWED.values():
        assert roles <= {"anyone", *ROLES}


def test_a_wrong_token_is_refused_and_said_so_in_json(client: Client) -> None:
    response = client().get("/api/v1/stats", headers={"Authorization": "Bearer sl_wrong"})
    assert response.status_code == 401
    assert set(response.json["error"]) == {"code", "message", "hint"}


def test_a_friend_sees_only_their_own_photos(client: Client) -> None:
    ada, bob, owner = client("friend", "Ada"), client("friend", "Bob"), client("owner", "Grace")
    sent = ada.post("/api/v1/photos", data={"file": (open_jpeg(1), "a.jpg")})
    assert sent.status_code == 201
    number = sent.json["id"]
    for path in (f"/api/v1/photos/{number}", f"/photos/{number}/view.jpg", f"/photos/{number}/small.jpg"):
        assert ada.get(path).status_code == 200
        assert owner.get(path).status_code == 200
        assert bob.get(path).status_code == 404
    assert bob.delete(f"/api/v1/photos/{number}").status_code == 404
    assert (
        bob.post("/api/v1/photos", data={"file": (open_jpeg(2), "b.jpg"), "person": "Ada"}).status_code == 403
    )
    assert f"/photos/{number}/" not in bob.get("/upload").text
    assert bob.post(f"/photos/{number}/delete").status_code == 404
    second = ada.post("/api/v1/photos", data={"file": (open_jpeg(3), "c.jpg")}).json["id"]
    assert ada.post(f"/photos/{second}/delete").status_code == 302
    assert ada.get(f"/api/v1/photos/{second}").status_code == 404
    assert ada.delete(f"/api/v1/photos/{number}").status_code == 204
    assert owner.get(f"/api/v1/photos/{number}").status_code == 404


def open_jpeg(seed: int):  # type: ignore[no-untyped-def]
    import io

    return io.BytesIO(jpeg(portrait(seed, False)))


def test_the_link_signs_in_only_by_its_button(app: Flask, db: Session) -> None:
    secret, _ = invites.create_invite(db, "owner", people.owner(db))
    db.commit()
    browser = app.test_client()
    for _ in range(3):  # a messenger's preview fetches it too
        page = browser.get(f"/i/{secret}")
        assert page.status_code == 200
    assert browser.get("/", follow_redirects=False).headers["Location"].endswith("/hello")
    assert browser.post(f"/i/{secret}").status_code == 400, "without the page's own token"
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text).group(1)
    accepted = browser.post(f"/i/{secret}", data={"csrf_token": token})
    assert accepted.status_code == 302
    home = browser.get("/")
    assert home.status_code == 200
    assert "Send the first photos" in home.text
    assert "HttpOnly" in accepted.headers["Set-Cookie"]
    assert app.test_client().get(f"/i/{secret}").status_code == 403


def test_a_cookie_alone_cannot_write(app: Flask, db: Session) -> None:
    browser = sign_in(app, people.owner(db))
    assert browser.get("/api/v1/stats").status_code == 200
    refused = browser.post("/api/v1/runs", json={})
    assert refused.status_code == 400
    assert refused.json["error"]["code"] == "page_expired"


@pytest.mark.parametrize("path", ["/hello", "/healthz", "/static/look.css", "/nowhere"])
def test_every_answer_carries_the_safety_headers(client: Client, path: str) -> None:
    headers = client().get(path).headers
    assert (
        "script" not in headers["Content-Security-Policy"]
        or "unsafe" not in headers["Content-Security-Policy"]
    )
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_wasm_may_be_compiled_on_the_page_that_runs_networks_alone(client: Client) -> None:
    owner = client("owner")
    paths = ("/try", "/try/offline.js", "/static/try/try.js", "/runs", "/")
    policies = {path: owner.get(path).headers["Content-Security-Policy"] for path in paths}
    assert "script-src 'self' 'wasm-unsafe-eval'" in policies.pop("/try")
    assert not any("unsafe" in policy for policy in policies.values())


def test_healthz_says_what_is_missing(client: Client) -> None:
    response = client().get("/healthz")
    assert response.status_code == 503
    assert response.json["missing"] == ["beat", "detect"]


def test_a_limiter_that_breaks_down_refuses_nobody(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def race(*_: object, **__: object) -> int:
        raise RuntimeError("threads can only be started once")

    monkeypatch.setattr("limits.storage.MemoryStorage.incr", race)  # what is used while the broker is away
    assert client("owner").get("/api/v1/stats").status_code == 200


@pytest.mark.parametrize("hidden", ["\x00", "\x07", "\x1b[2J", "\x7f", "\x85"])
def test_control_characters_are_refused_in_every_text(client: Client, db: Session, hidden: str) -> None:
    owner = client("owner", "Grace")
    face = add_faces(db, 1)[0]
    answer = {"client_key": "a", "face_id": face.id, "kind": "label", "label": f"ma{hidden}sk"}
    headers = {"X-CSRFToken": csrf_token(owner, "/label")}
    for response in (
        owner.post("/api/v1/answers", json=answer, headers=headers),
        owner.post("/api/v1/answers/many", json={"answers": [answer]}, headers=headers),
        owner.post("/classes", data={"action": "add", "name": f"ch{hidden}in"}, headers=headers),
        owner.get("/api/v1/faces", query_string={"label": f"ma{hidden}sk"}),
        owner.post("/people/invite", data={"role": "friend", "note": f"for{hidden}"}, headers=headers),
    ):
        assert response.status_code == 400, response.text
        assert "cannot be seen" in response.text
