"""Bodies that are too large, of senders who are unknown, or for which the disk has no room."""

import asyncio
import errno
from pathlib import Path
from typing import BinaryIO

import pytest
from flask import Flask

from tests.conftest import forget_settings
from tests.web.serving.running import exchange, get
from tests.web.serving.sample_app import LARGE, Seen
from web.serving import spool
from web.serving.bodies import TAKES_FILES
from web.serving.refusals import TurnedAway
from web.serving.spool import Spool, Store

JSON = "Content-Type: application/json; charset=utf-8"


def send(port: int, size: int, *headers: str, path: str = "/", sent: int | None = None) -> bytes:
    """What is answered to a body of so many bytes, of which no more than `sent` follow."""
    lines = [f"POST {path} HTTP/1.1", "Host: here", "Connection: close", f"Content-Length: {size}"]
    head = "\r\n".join([*lines, "Accept: application/json", *headers, "", ""])
    return exchange(port, head.encode() + bytes(size if sent is None else sent))


def test_a_file_over_the_limit_is_refused_at_once_and_the_refusal_arrives(port: int, seen: Seen) -> None:
    response = send(port, 900_000_000, "Cookie: a=b", sent=1 << 20)
    assert response.startswith(b"HTTP/1.1 413 ")
    assert b'"code": "file_too_large"' in response
    assert not seen.bodies


@pytest.mark.parametrize("path", ["/", "/me", "/nowhere"])
def test_json_may_have_one_megabyte_wherever_it_is_sent(port: int, seen: Seen, path: str) -> None:
    for given in ("Content-Length: 2000000", "Transfer-Encoding: chunked"):
        lines = [f"POST {path} HTTP/1.1", "Host: here", "Connection: close", "Cookie: a=b", JSON, given]
        head = "\r\n".join([*lines, "", ""])
        framed = b"%x\r\n%b\r\n0\r\n\r\n" % (2_000_000, b"[" * 2_000_000)
        response = exchange(port, head.encode() + (framed if "chunked" in given else b"[" * 2_000_000))
        assert response.startswith(b"HTTP/1.1 413 "), given
        assert b"The limit is 1 MB." in response
    assert not seen.bodies


def test_a_stranger_sends_nothing_large(port: int, seen: Seen) -> None:
    response = send(port, 2_000_000)
    assert response.startswith(b"HTTP/1.1 401 ")
    assert b"You are not signed in." in response
    assert send(port, 1 << 20).startswith(b"HTTP/1.1 200 ")
    assert send(port, 2_000_000, "Authorization: Bearer x").startswith(b"HTTP/1.1 200 ")
    assert [len(body) for body in seen.bodies] == [1 << 20, 2_000_000]


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_what_takes_files_exists(app: Flask) -> None:
    assert {rule.endpoint for rule in app.url_map.iter_rules()} >= TAKES_FILES


def test_below_the_floor_of_the_disk_nothing_large_is_spooled(
    port: int, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIN_FREE_MB", str(1 << 40))
    forget_settings()
    response = send(port, 2_000_000, "Cookie: a=b")
    assert response.startswith(b"HTTP/1.1 507 ")
    assert b"The disk of this workbench is full." in response
    assert send(port, 50_000, JSON).startswith(b"HTTP/1.1 200 "), "answers still go in"


def test_a_disk_that_fills_while_a_file_arrives_is_named(
    port: int, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_store: Store) -> BinaryIO:
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(Store, "new_file", full)
    response = send(port, 2_000_000, "Cookie: a=b")
    assert response.startswith(b"HTTP/1.1 507 ")
    assert b'"code": "no_space"' in response


def test_a_large_answer_arrives_whole_though_the_disk_is_full(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_store: Store) -> BinaryIO:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Store, "new_file", full)
    assert len(exchange(port, get("/large"))) > LARGE


def test_a_household_of_ipv6_is_one_sender(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "ON_DISK_EACH", 3 << 20)

    async def use() -> None:
        store, large = Store(data / "spool"), bytes(2 << 20)
        first = Spool(store, "2001:db8:1:2::3")
        await first.write(large)
        with pytest.raises(TurnedAway):
            await Spool(store, "2001:db8:1:2:ffff::4").write(large)
        await Spool(store, "2001:db8:1:3::3").write(large)
        first.close()
        await Spool(store, "2001:db8:1:2:ffff::4").write(large)

    asyncio.run(use())
