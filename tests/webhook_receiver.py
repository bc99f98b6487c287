"""A receiver of webhooks on 127.0.0.1, which does as it is told and notes what it was sent."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Webhook, WebhookDelivery
from db.webhooks import deliver, due

Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Receiver:
    """`answers` gives the reply to a request; by default 200 with an empty body."""

    answers: Callable[["Request"], Reply] = lambda request: (200, {}, b"")
    requests: list["Request"] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?from=look"

    @property
    def data(self) -> list[dict[str, Any]]:
        return [request.json["data"] for request in self.requests]

    def answer(self, code: int, body: bytes = b"", **headers: str) -> None:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers = lambda request: (code, fields, body)


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A receiver that listens; afterwards its port refuses connections."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.path, headers, body)
            receiver.requests.append(request)
            code, fields, reply = receiver.answers(request)
            self.send_response(code)
            for name, value in fields.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def sweep(db: Session) -> None:
    """What sweep and worker do every two seconds."""
    for hook_id in due.due_webhooks(db):
        deliver.send_all(db, hook_id)
    db.expire_all()


def pass_time(db: Session, seconds: float) -> None:
    """So many seconds later: all times that webhooks remember lie further back."""
    for table, columns in (
        (Webhook, ("rests_until", "lease_until", "delivered_at", "created_at", "old_seed_until")),
        (WebhookDelivery, ("due_at", "created_at", "tried_at")),
    ):
        for row in db.scalars(select(table)).all():
            for name in columns:
                if (value := getattr(row, name)) is not None:
                    setattr(row, name, value - timedelta(seconds=seconds))
    db.commit()
