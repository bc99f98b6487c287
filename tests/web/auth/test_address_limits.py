"""What an address may send before anybody asks who it is; and that neighbours do not lock each other out."""

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from db.session import engine
from labeller.people import credentials, invites
from web.auth import address_limits, rate_limits
from web.auth.address_limits import Window
from web.serving.proxies import client_network


@pytest.fixture(autouse=True)
def standing_clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [60_000.0]
    monkeypatch.setattr(address_limits.time, "monotonic", lambda: now[0])
    return now


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_guessing_tokens_ends_after_ten_and_goes_on_after_a_minute(
    app: Flask, db: Session, standing_clock: list[float]
) -> None:
    client = app.test_client()
    tried = [client.get("/api/v1/stats", headers=bearer(f"sl_{n}")).status_code for n in range(12)]
    assert tried == [401] * 10 + [429] * 2
    refused = client.get("/api/v1/stats", headers=bearer("sl_x"))
    assert refused.json["error"]["code"] == "too_many_requests"
    assert refused.headers["Retry-After"] == "60"
    standing_clock[0] += 60
    assert client.get("/api/v1/stats", headers=bearer("sl_x")).status_code == 401


@pytest.mark.parametrize("path", ["/static/styles/base.css", "/assets/normalize.css"])
def test_static_files_are_no_way_to_guess_tokens(app: Flask, db: Session, path: str) -> None:
    client = app.test_client()
    tried = [client.get(path, headers=bearer(f"sl_{n:040d}")).status_code for n in range(12)]
    assert tried == [401] * 10 + [429] * 2
    assert client.get(path).status_code == 200


def test_a_guess_that_is_refused_asks_no_database(app: Flask, db: Session) -> None:
    client = app.test_client()
    for n in range(10):
        client.get("/api/v1/stats", headers=bearer(f"sl_{n}"))
    statements: list[str] = []
    event.listen(engine(), "before_cursor_execute", lambda *a: statements.append(a[2]))
    assert client.get("/api/v1/stats", headers=bearer("sl_x")).status_code == 429
    assert statements == []


def test_a_token_that_was_right_is_not_locked_out_by_a_neighbour(app: Flask, db: Session) -> None:
    secret = credentials.issue_token(db, "owner", "Grace")[0]
    db.commit()
    client = app.test_client()
    assert client.get("/api/v1/stats", headers=bearer(secret)).status_code == 200
    for n in range(12):
        client.get("/api/v1/stats", headers=bearer(f"sl_{n}"))
    assert client.get("/api/v1/stats", headers=bearer(secret)).status_code == 200


def test_guessing_links_ends_too_and_leaves_the_rest_of_the_house_alone(app: Flask, db: Session) -> None:
    client = app.test_client()
    tried = [client.get(f"/{('i', 'me')[n % 2]}/guess{n}").status_code for n in range(31)]
    assert tried == [403] * 30 + [429]
    assert client.get("/hello").status_code == 200
    elsewhere = {"REMOTE_ADDR": "10.0.0.2"}
    assert client.get("/i/guess", environ_overrides=elsewhere).status_code == 403


def test_forty_guests_of_one_house_open_their_invitation(
    app: Flask, db: Session, standing_clock: list[float]
) -> None:
    secret, _ = invites.create_invite(db, "friend")
    db.commit()
    for guest in range(40):
        standing_clock[0] += 0.1
        assert app.test_client().get(f"/i/{secret}").status_code == 200, guest


@pytest.mark.slow
def test_a_flood_is_stopped_but_not_static_files(app: Flask) -> None:
    client = app.test_client()
    seen = {client.get("/i").status_code for _ in range(address_limits.FLOOD)}
    assert seen == {404}
    assert client.get("/i").status_code == 429
    assert client.get("/static/styles/base.css").status_code == 200


def test_a_flood_under_a_foreign_name_is_stopped(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address_limits.Window, "is_over", lambda self, key: self._current()[key] >= 3)
    client = app.test_client()
    tried = [client.get("/hello", headers={"Host": "evil.example"}).status_code for _ in range(4)]
    assert tried == [400] * 3 + [429]


def test_a_stranger_counts_with_the_household(
    app: Flask, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "STRANGER_RATE", "3 per hour")
    client = app.test_client()
    tried = [
        client.get("/api/v1/stats", environ_overrides={"REMOTE_ADDR": f"2001:db8:1:2::{n}"}).status_code
        for n in range(4)
    ]
    assert tried == [401] * 3 + [429]


def test_windows_are_counted_apart_and_forgotten(standing_clock: list[float]) -> None:
    window = Window(2, 60)
    window.add("a")
    window.add("a")
    assert window.is_over("a")
    assert not window.is_over("b")
    standing_clock[0] += 60
    assert not window.is_over("a")


def test_a_household_of_ipv6_is_one_address() -> None:
    assert client_network("2001:db8:1:2:3::4") == client_network("2001:db8:1:2::5") == "2001:db8:1:2::/64"
    assert client_network("192.168.1.4") == "192.168.1.4"
