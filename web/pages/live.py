"""A run as it goes: server-sent events for those who watch, the same fragment for those who poll."""

import hashlib
import threading
import time
from collections.abc import Iterator

from flask import Response, request, stream_with_context
from flask.typing import ResponseReturnValue

from db.base import OPEN
from trainer.runs import requests
from web.database import db
from web.pages.runs import pages, render

STREAMS = 6
"""Each holds one of the server's threads; who comes later polls."""
EVERY, QUIET, LONGEST = 0.25, 10.0, 240.0
"""Seconds between looks, until a sign of life, and until the browser is to connect anew."""

_free = threading.BoundedSemaphore(STREAMS)


@pages.get("/runs/<int:run_id>/live")
def live(run_id: int) -> ResponseReturnValue:
    """The part of the page that changes while the run runs."""
    return render(run_id, "runs/_run.html")


@pages.get("/runs/<int:run_id>/stream")
def stream(run_id: int) -> ResponseReturnValue:
    """That part each time it changes, until the run is over. 503 when too many watch: poll then."""
    requests.get_run(db(), run_id)
    if not _free.acquire(blocking=False):
        return Response("Too many watch; poll instead.", 503, mimetype="text/plain")
    response = Response(stream_with_context(_events(run_id)), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(_free.release)
    return response


def _events(run_id: int) -> Iterator[str]:
    seen, began, spoke = request.headers.get("Last-Event-ID", ""), time.monotonic(), time.monotonic()
    while time.monotonic() - began < LONGEST:
        db().rollback()  # else this session would go on seeing what it saw first
        run = requests.get_run(db(), run_id)
        html = render(run_id, "runs/_run.html")
        id = hashlib.sha256(html.encode()).hexdigest()[:16]
        if id != seen:
            lines = "".join(f"data: {line}\n" for line in html.splitlines())
            yield f"id: {id}\n{lines}\n"
            seen, spoke = id, time.monotonic()
        if run.status not in OPEN:
            yield "event: over\ndata: \n\n"
            return
        if time.monotonic() - spoke > QUIET:
            yield ": still here\n\n"  # also tells the server when nobody is
            spoke = time.monotonic()
        time.sleep(EVERY)
