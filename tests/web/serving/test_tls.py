"""The server over TLS: handshakes in time, and words for who speaks plain HTTP to it."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.settings import settings
from tests.conftest import forget_settings
from tests.web.serving.running import connect, exchange, get, read_all, serving
from tests.web.serving.test_server import Seen, body_of, make_app
from web.serving import door
from web.serving.server import tls_context


@pytest.fixture
def port(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setenv("TLS", "auto")
    monkeypatch.setattr(door, "HANDSHAKE_SECONDS", 0.3)
    forget_settings()
    with serving(make_app(Seen()), tls_context(settings())) as port:
        yield port


def over_tls(port: int, request: bytes) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(connect(port)) as one:
        one.sendall(request)
        return read_all(one)  # type: ignore[arg-type]


@pytest.mark.slow
def test_requests_over_tls_while_handshakes_are_left_half(port: int) -> None:
    half = [connect(port) for _ in range(40)]
    for one in half[:20]:
        one.sendall(b"\x16\x03\x01\x02\x00\x01")
    assert body_of(over_tls(port, get("/"))) == b"hello"
    assert b" https " in body_of(over_tls(port, get("/me")))
    for one in half:
        assert read_all(one) == b"", "the server gives them up"
        one.close()
    assert len(body_of(over_tls(port, get("/large")))) == 5 << 20


def test_plain_http_is_told_that_this_is_https(port: int) -> None:
    answer = exchange(port, get("/"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"https" in answer
    with connect(port) as one:
        one.sendall(b"\x16rubbish that is no handshake at all, whatever comes after it")
        one.shutdown(socket.SHUT_WR)
        read_all(one)
    assert body_of(over_tls(port, get("/"))) == b"hello"
