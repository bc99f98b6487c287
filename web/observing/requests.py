"""Each request has an id, which is in its answer, in every line of the log about it, and on its error page.

Our server decides on the id: it keeps that of a trusted proxy, and makes one for everybody else.
"""

import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, request

from web.observing import metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

VALID = re.compile(r"[A-Za-z0-9._-]{1,64}")
SUBJECTS = {
    "photo_id": "photo",
    "face_id": "face",
    "run_id": "run",
    "backup_id": "backup",
    "import_id": "import",
}
"""Parts of an address that the log names."""


def init_app(app: Flask) -> None:
    """Call it first: whatever refuses the request afterwards is measured, too."""
    app.wsgi_app = _observed(app.wsgi_app)  # type: ignore[assignment]
    app.before_request(_note_subject)
    app.context_processor(lambda: {"request_id": request_id()})


def request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request", ""))


def _note_subject() -> None:
    request.environ["secondlook.endpoint"] = request.endpoint
    ids = {name: (request.view_args or {}).get(part) for part, name in SUBJECTS.items()}
    structlog.contextvars.bind_contextvars(**{name: id for name, id in ids.items() if id is not None})


def _observed(inner: "WSGIApplication") -> "WSGIApplication":
    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        given = environ.get("HTTP_X_REQUEST_ID", "")
        id = given if VALID.fullmatch(given) else secrets.token_hex(8)
        started = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=id)

        def start(
            status: str, headers: list[tuple[str, str]], error: Any = None
        ) -> Callable[[bytes], object]:
            endpoint = environ.get("secondlook.endpoint") or "none"
            metrics.note_request(endpoint, status[:3], time.perf_counter() - started)
            return start_response(status, [*headers, ("X-Request-ID", id)], error)

        return inner(environ, start)

    return application
