"""What the server does with requests, answers and peers, on a small application."""

import socket
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import forget_settings
from tests.web.serving.running import connect, exchange, get, read_all, serving
from tests.web.serving.sample_app import LARGE, Seen, make_app, piece
from tests.workbench_process import wait_until
from web.serving import bodies, door, guard, lanes


def body_of(response: bytes) -> bytes:
    head, _, body = response.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in head.lower():
        return body
    whole = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        whole, body = whole + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return whole


def test_requests_that_are_sent_ahead_are_answered_in_their_order(port: int) -> None:
    form = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n\r\nabc"
    ahead = get("/", close=False) + form + get("/same", close=False) + get("/", method="HEAD", close=False)
    response = exchange(port, ahead * 30 + get("/me"))
    assert response.count(b"HTTP/1.1 200 OK") == 121
    assert response.count(b"hello") == 30
    first = response.index(b"hello"), response.index(b"\r\n\r\n3"), response.index(b"the same")
    assert list(first) == sorted(first)
    assert body_of(response[response.rindex(b"HTTP/1.1") :]).startswith(b"127.0.0.1 http here")


def test_head_and_not_modified_have_no_body(port: int) -> None:
    head = exchange(port, get("/large", method="HEAD"))
    assert f"content-length: {LARGE}".encode() in head.lower()
    assert body_of(head) == b""
    not_modified = exchange(port, get("/same", 'If-None-Match: "x"'))
    assert not_modified.startswith(b"HTTP/1.1 304")
    assert body_of(not_modified) == b""
    assert b"content-length" not in not_modified.lower()


@pytest.mark.parametrize("path", ["/large", "/stream"])
def test_large_answers_arrive_whole(port: int, path: str) -> None:
    expected = b"".join(piece(n) for n in range(LARGE >> 14))
    assert body_of(exchange(port, get(path))) == expected


def test_an_answer_that_breaks_off_is_seen_to(port: int) -> None:
    with connect(port) as one:
        one.sendall(get("/broken", close=False))
        assert body_of(read_all(one)) == b"half", "fewer bytes than announced, and the end of the connection"


def test_who_stops_reading_holds_no_thread_and_its_answer_is_closed(port: int, seen: Seen) -> None:
    unread = [connect(port) for _ in range(12)]
    for one in unread:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        one.sendall(get("/stream"))
    assert body_of(exchange(port, get("/"))) == b"hello"
    for one in unread:
        one.close()
    assert seen.closed.wait(10), "the generator is closed"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_arrives_whole_or_not_at_all(port: int, seen: Seen, chunked: bool) -> None:
    body = bytes(range(256)) * (3 << 12)
    if chunked:
        pieces = b"".join(
            b"%x\r\n%b\r\n" % (1 << 16, body[n : n + (1 << 16)]) for n in range(0, len(body), 1 << 16)
        )
        framed, header = pieces + b"0\r\n\r\n", b"Transfer-Encoding: chunked"
    else:
        framed, header = body, b"Content-Length: %d" % len(body)
    head = b"POST / HTTP/1.1\r\nHost: here\r\nCookie: a=b\r\nConnection: close\r\n" + header + b"\r\n\r\n"
    assert body_of(exchange(port, head + framed)) == str(len(body)).encode()
    assert seen.bodies == [body]
    with connect(port) as cut:
        cut.sendall(head + framed[:-10])
        cut.shutdown(socket.SHUT_WR)
        assert read_all(cut).startswith(b"HTTP/1.1 400 ")
    with connect(port) as gone:
        gone.sendall(head + framed[:-10])
    assert body_of(exchange(port, get("/"))) == b"hello"
    assert len(seen.bodies) == 1


@pytest.mark.slow
def test_slow_peers_are_given_up(port: int, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(bodies, "IDLE_SECONDS", 0.2)
    silent, head, body = connect(port), connect(port), connect(port)
    head.sendall(b"GET / HTTP/1.1\r\nHo")
    body.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nhalf")
    assert read_all(silent) == b""
    for late in (read_all(head), read_all(body)):
        assert late.startswith(b"HTTP/1.1 408 ")
        assert b"retry-after: " in late
        assert b"x-request-id: " in late
    assert not seen.bodies


@pytest.mark.slow
def test_a_dripping_body_is_given_up(port: int, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "GRACE_SECONDS", 0.1)
    with connect(port) as drip:
        drip.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 90\r\n\r\n")
        drip.settimeout(0.05)
        received = b""
        for _ in range(80):
            drip.sendall(b"x")
            try:
                received = drip.recv(1 << 16)
                break
            except TimeoutError:
                continue
    assert received.startswith(b"HTTP/1.1 408 ")
    assert not seen.bodies


@pytest.mark.parametrize("name", ["X: " + "y" * 40_000, "\r\n".join(f"X{n}: y" for n in range(120))])
def test_a_head_that_is_too_large_is_refused(port: int, name: str) -> None:
    assert exchange(port, get("/", name)).startswith(b"HTTP/1.1 431 ")


def test_what_is_no_http_is_refused(port: int) -> None:
    assert exchange(port, b"\x16\x03\x01 this is TLS\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_connections_of_one_address_are_limited(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "EACH", 3)
    open_ones = [connect(port) for _ in range(3)]
    for one in open_ones:
        one.sendall(get("/", close=False))
        assert one.recv(1 << 16).startswith(b"HTTP/1.1 200")
    refused = exchange(port, b"")
    assert refused.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: " in refused
    open_ones.pop().close()
    wait_until(lambda: exchange(port, get("/")).startswith(b"HTTP/1.1 200"), 5, "the place is free again")
    for one in open_ones:
        one.close()


def test_a_full_lane_is_503_while_others_are_served(
    data: Path, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(lanes.LANES, "pages", lanes.Bounds(threads=1, queue=1, patience=0.1))
    monkeypatch.setitem(lanes.ENDPOINTS, "same", "probes")
    with serving(make_app(seen)) as port, connect(port) as busy:
        busy.sendall(get("/slow"))
        assert seen.working.acquire(timeout=10)
        refused = exchange(port, get("/", "Accept: application/json"))
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: " in refused
        assert b'{"error": {"code": "busy", "message": "The workbench is busy."' in refused
        assert body_of(exchange(port, get("/same"))) == b"the same"
        seen.go_on.set()
        assert body_of(read_all(busy)) == b"done"
        assert body_of(exchange(port, get("/"))) == b"hello"


def test_forwarded_headers_of_strangers_are_not_believed(port: int) -> None:
    lie = (
        "X-Forwarded-For: 9.9.9.9",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: evil",
        "X-Forwarded-Prefix: /x",
    )
    assert body_of(exchange(port, get("/me", *lie))) == b"127.0.0.1 http here "


def test_the_page_of_a_refusal_finds_its_styles_below_a_prefix(
    data: Path, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", "127.0.0.1")
    forget_settings()
    with serving(make_app(seen)) as port:
        page = exchange(port, get("/", "X-Forwarded-Prefix: /look", "Content-Length: 2000000"))
    assert page.startswith(b"HTTP/1.1 413 ")
    assert b'href="/look/static/styles/base.css"' in page


@pytest.mark.slow
def test_a_stopped_server_finishes_what_it_began(data: Path, seen: Seen) -> None:
    with serving(make_app(seen)) as port:
        at_work = connect(port)
        at_work.sendall(get("/slow", close=False))
        assert seen.working.acquire(timeout=10)
        threading.Timer(0.3, seen.go_on.set).start()
    assert body_of(read_all(at_work)) == b"done"


@pytest.mark.parametrize("offer", ["h2c", "websocket"])
def test_who_offers_another_protocol_is_answered_as_ever(port: int, seen: Seen, offer: str) -> None:
    lines = ["POST / HTTP/1.1", "Host: here", "Connection: Upgrade, HTTP2-Settings", f"Upgrade: {offer}"]
    request = "\r\n".join([*lines, "HTTP2-Settings: AAMAAABkAARA", "Content-Length: 5", "", "hello"]).encode()
    for cut in (20, 60, len(request) - 3, len(request)):
        with connect(port) as one:
            one.sendall(request[:cut])
            time.sleep(0.05)
            one.sendall(request[cut:] + request + get("/same"))
            response = read_all(one)
        assert response.count(b"HTTP/1.1 200 OK") == 3, cut
        assert body_of(response[response.rindex(b"HTTP/1.1") :]) == b"the same"
    assert seen.bodies == [b"hello"] * 8
