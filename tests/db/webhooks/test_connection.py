"""Connections: to the address that was checked, under the host's name, without a proxy, in a bounded time."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from db.settings import Settings
from db.webhooks import connection
from db.webhooks.addresses import Target, Unreachable
from tests.webhook_receiver import free_port, receiving
from web.serving.certificates import authority_file, tls_files

HERE = [ip_address("127.0.0.1")]


def target(port: int, scheme: str = "http", host: str = "hooks.example") -> Target:
    return Target(scheme, host, port, "/hook")


def read_request(peer: socket.socket) -> None:
    """All of it: a server that closes what it has not read breaks the connection."""
    request = b""
    while not request.endswith(b"\r\n\r\n{}"):
        request += peer.recv(10_000)


@contextmanager
def serving(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does with its one connection as it is told; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            peer, _ = server.accept()
            with peer, suppress(OSError):
                behave(peer)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def test_it_connects_to_the_checked_address_whatever_the_name_means_by_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_up: list[str] = []
    look_up = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        looked_up.append(host)
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    with receiving() as receiver:
        answer = connection.post(target(receiver.port), HERE, {"webhook-id": "m"}, b"{}")
    assert answer.code == 200
    assert receiver.requests[0].headers["host"] == f"hooks.example:{receiver.port}"
    assert "hooks.example" not in looked_up


def test_the_next_address_is_tried_when_one_refuses() -> None:
    with receiving() as receiver:
        tried = [ip_address("127.0.0.2"), ip_address("127.0.0.1")]
        assert connection.post(target(receiver.port), tried, {}, b"{}").code == 200


def test_nobody_there() -> None:
    with pytest.raises(Unreachable, match="unreachable"):
        connection.post(target(free_port()), HERE, {}, b"{}")


def test_a_drip_of_bytes_ends_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "TOTAL_SECONDS", 0.3)

    def drip(peer: socket.socket) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nx: " + b"a" * 1000:
            peer.sendall(bytes([byte]))
            time.sleep(0.02)

    with serving(drip) as port, pytest.raises(Unreachable, match="timeout"):
        connection.post(target(port), HERE, {}, b"{}")


@pytest.mark.parametrize(
    "reply", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"a" * 300_000]
)
def test_what_is_no_http_is_no_answer(reply: bytes) -> None:
    def behave(peer: socket.socket) -> None:
        read_request(peer)
        peer.sendall(reply)

    with serving(behave) as port, pytest.raises(Unreachable, match="broken"):
        connection.post(target(port), HERE, {}, b"{}")


def test_an_answer_that_breaks_off_is_an_answer() -> None:
    def behave(peer: socket.socket) -> None:
        read_request(peer)
        peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc")

    with serving(behave) as port:
        assert connection.post(target(port), HERE, {}, b"{}") == connection.Answer(200, "abc", None)


@pytest.mark.parametrize(("host", "fails"), [("localhost", False), ("hooks.example", True)])
def test_the_certificate_must_be_of_the_host_and_not_of_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, fails: bool
) -> None:
    files = tls_files(Settings(data=tmp_path, tls="auto"))
    assert files is not None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)
    trusting = ssl.create_default_context(cafile=str(authority_file(Settings(data=tmp_path))))
    monkeypatch.setattr(connection, "_trusted", lambda: trusting)

    def behave(peer: socket.socket) -> None:
        with context.wrap_socket(peer, server_side=True) as stream:
            read_request(stream)
            stream.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with serving(behave) as port:
        if fails:
            with pytest.raises(Unreachable, match="certificate"):
                connection.post(target(port, "https", host), HERE, {}, b"{}")
        else:
            assert connection.post(target(port, "https", host), HERE, {}, b"{}").code == 204


def test_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    files = tls_files(Settings(data=tmp_path, tls="auto"))
    assert files is not None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)

    def shake_hands(peer: socket.socket) -> None:
        context.wrap_socket(peer, server_side=True).close()

    with serving(shake_hands) as port, pytest.raises(Unreachable, match="certificate"):
        connection.post(target(port, "https", "localhost"), HERE, {}, b"{}")


@pytest.mark.parametrize(
    ("text", "seconds"), [("120", 120), ("soon", None), ("-5", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0)]
)
def test_retry_after_is_a_number_or_a_date(text: str, seconds: float | None) -> None:
    with receiving() as receiver:
        receiver.answer(503, Retry_After=text)
        assert connection.post(target(receiver.port), HERE, {}, b"{}").retry_after == seconds
