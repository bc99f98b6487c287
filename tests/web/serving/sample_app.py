"""A small application whose answers are large, slow, broken, or say what reached it."""

import hashlib
import threading
from collections.abc import Iterator

from flask import Flask, Response, request

LARGE = 5 << 20


class Seen:
    """What reached the application."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.closed = threading.Event()
        self.go_on = threading.Event()
        self.working = threading.Semaphore(0)


def piece(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest() * 512


def make_app(seen: Seen) -> Flask:
    app = Flask(__name__)

    @app.get("/")
    def page() -> str:
        return "hello"

    @app.get("/me")
    def me() -> str:
        return f"{request.remote_addr} {request.scheme} {request.host} {request.script_root}"

    @app.post("/", endpoint="upload.send")
    def send() -> str:
        seen.bodies.append(request.get_data())
        return str(len(seen.bodies[-1]))

    @app.get("/same")
    def same() -> Response:
        response = Response("the same")
        response.set_etag("x")
        return response.make_conditional(request)

    @app.get("/large")
    def large() -> Response:
        return Response(b"".join(piece(n) for n in range(LARGE >> 14)))

    @app.get("/stream")
    def stream() -> Response:
        def pieces() -> Iterator[bytes]:
            try:
                for n in range(LARGE >> 14):
                    yield piece(n)
            finally:
                seen.closed.set()

        return Response(pieces())

    @app.get("/slow")
    def slow() -> str:
        seen.working.release()
        assert seen.go_on.wait(20)
        return "done"

    @app.get("/broken")
    def broken() -> Response:
        def pieces() -> Iterator[bytes]:
            yield b"half"
            raise ValueError("the other half is missing")

        return Response(pieces(), headers={"Content-Length": "8"})

    return app
