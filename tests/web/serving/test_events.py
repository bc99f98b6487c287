"""Live pages over the server: one look serves all who watch, and a stream ends when it has to."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask, Response, request

from tests.web.serving.running import connect, exchange, get, read_all, serving
from tests.workbench_process import wait_until
from web.serving import events


@dataclass
class Shown:
    """What there is to see, and who asked for it."""

    html: str = "first"
    is_over: bool = False
    may_watch: bool = True
    trouble: bool = False
    looks: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self) -> events.Event:
        with self.lock:
            self.looks += 1
            if self.trouble:
                raise OSError("the database is away")
            return events.Event(self.html, self.is_over)


def make_app(shown: Shown) -> Flask:
    app = Flask(__name__)

    @app.get("/watch/<int:person>")
    def watch(person: int) -> Response:
        return events.respond(events.Topic("run 1", person, shown.look, lambda: shown.may_watch))

    @app.get("/")
    def page() -> str:
        return request.method

    return app


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Shown:
    monkeypatch.setattr(events, "LOOK_SECONDS", 0.02)
    return Shown()


@pytest.fixture
def port(data: Path, shown: Shown) -> Iterator[int]:
    with serving(make_app(shown)) as port:
        yield port


def read_until(connection: object, text: bytes) -> bytes:
    received = b""
    while text not in received:
        data = connection.recv(1 << 16)  # type: ignore[attr-defined]
        assert data, received
        received += data
    return received


@pytest.mark.slow
def test_two_hundred_watch_and_one_looks(port: int, shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.serving.door.EACH", 300)
    watching = [connect(port) for _ in range(200)]
    for number, one in enumerate(watching):
        one.sendall(get(f"/watch/{number // 10}"))
    for one in watching:
        assert b"text/event-stream" in read_until(one, b"data: first\n\n")
    with shown.lock:
        looks, shown.html, shown.is_over = shown.looks, "second\nline", True
    for one in watching:
        rest = read_all(one)
        assert b"data: second\ndata: line\n\nevent: over" in rest
        one.close()
    assert shown.looks - looks < 20
    assert exchange(port, get("/")).endswith(b"GET")


def test_who_has_seen_it_gets_it_once_only(port: int, shown: Shown) -> None:
    shown.is_over = True
    first = exchange(port, get("/watch/1"))
    assert first.count(b"data: first") == 1
    again = exchange(port, get("/watch/1", f"Last-Event-ID: {events.Event('first', True).id}"))
    assert b"data: first" not in again
    assert b"event: over" in again
    assert b"event" not in exchange(port, get("/watch/1", method="HEAD")).partition(b"\r\n\r\n")[2]


def test_a_stream_ends_when_its_person_may_not_watch_any_more(
    port: int, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "CHECK_SECONDS", 0.05)
    with connect(port) as one:
        one.sendall(get("/watch/1"))
        read_until(one, b"data: first")
        shown.may_watch = False
        assert read_all(one).endswith(b"0\r\n\r\n")


def test_a_person_has_a_limit_of_streams_of_their_own(
    port: int, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "STREAMS_EACH", 2)
    mine = [connect(port) for _ in range(2)]
    for one in mine:
        one.sendall(get("/watch/1"))
        read_until(one, b"data: first")
    refused = exchange(port, get("/watch/1"))
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: " in refused
    with connect(port) as other:
        other.sendall(get("/watch/2"))
        read_until(other, b"data: first")
    for one in mine:
        one.close()
    shown.is_over = True
    wait_until(lambda: exchange(port, get("/watch/1")).startswith(b"HTTP/1.1 200"), 5, "the place is free")


def test_trouble_while_looking_ends_no_stream(
    port: int, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LOOK_AFTER_TROUBLE", 0.02)
    with connect(port) as one:
        one.sendall(get("/watch/1"))
        read_until(one, b"data: first")
        looks, shown.trouble = shown.looks, True
        wait_until(lambda: shown.looks > looks + 1, 5, "it goes on looking", every=0.01)
        shown.html, shown.trouble = "later", False
        read_until(one, b"data: later")


def test_streams_end_at_once_when_the_server_stops(data: Path, shown: Shown) -> None:
    with serving(make_app(shown)) as port:
        one = connect(port)
        one.sendall(get("/watch/1"))
        read_until(one, b"data: first")
    assert read_all(one).endswith(b"0\r\n\r\n")
