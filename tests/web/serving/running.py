"""The server around a small application, in a thread of this process, and raw requests to it."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask

from web.serving.door import listen
from web.serving.server import Server


@contextmanager
def serving(app: Flask, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port on which `app` is served until the end of the block."""
    (listening,) = listen("127.0.0.1", 0, 64)
    port = listening.getsockname()[1]
    made: list[tuple[asyncio.AbstractEventLoop, Server]] = []
    is_up = threading.Event()

    async def serve() -> None:
        server = Server(app, [listening], tls)
        made.append((asyncio.get_running_loop(), server))
        asyncio.get_running_loop().call_soon(is_up.set)
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert is_up.wait(10)
    try:
        yield port
    finally:
        made[0][1].should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def exchange(port: int, request: bytes) -> bytes:
    """All that the server sends until it closes the connection."""
    with connect(port) as one:
        one.sendall(request)
        return read_all(one)


def read_all(connection: socket.socket) -> bytes:
    received = b""
    while data := connection.recv(1 << 16):
        received += data
    return received


def get(path: str, *headers: str, method: str = "GET", close: bool = True) -> bytes:
    """A request without a body."""
    lines = [f"{method} {path} HTTP/1.1", "Host: here", *headers]
    return ("\r\n".join([*lines, *(["Connection: close"] if close else []), "", ""])).encode()
