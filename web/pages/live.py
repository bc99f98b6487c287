"""The progress of a run: server-sent events, and the same fragment for clients that poll."""

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
"""Streams at once. Each holds one of the server's threads; further clients poll."""
POLL_SECONDS, KEEP_ALIVE_SECONDS, MAX_SECONDS = 0.25, 10.0, 240.0
"""Between two looks at the run, between two signs of life, and until the browser has to reconnect."""

_free = threading.BoundedSemaphore(STREAMS)


@pages.get("/runs/<int:run_id>/live")
def live(run_id: int) -> ResponseReturnValue:
    """The part of the page that changes while the run runs."""
    return render(run_id, "runs/_run.html")


@pages.get("/runs/<int:run_id>/stream")
def stream(run_id: int) -> ResponseReturnValue:
    """That part each time it changes, until the run is over. Answers 503 if STREAMS are taken: poll then."""
    requests.get_run(db(), run_id)
    if not _free.acquire(blocking=False):
        return Response("Too many watch; poll instead.", 503, mimetype="text/plain")
    response = Response(stream_with_context(_events(run_id)), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(_free.release)
    return response


def _events(run_id: int) -> Iterator[str]:
    last_id, started, sent_at = request.headers.get("Last-Event-ID", ""), time.monotonic(), time.monotonic()
    while time.monotonic() - started < MAX_SECONDS:
        db().rollback()  # ends the transaction, else it would read the same snapshot again
        run = requests.get_run(db(), run_id)
        html = render(run_id, "runs/_run.html")
        event_id = hashlib.sha256(html.encode()).hexdigest()[:16]
        if event_id != last_id:
            lines = "".join(f"data: {line}\n" for line in html.splitlines())
            yield f"id: {event_id}\n{lines}\n"
            last_id, sent_at = event_id, time.monotonic()
        if run.status not in OPEN:
            yield "event: over\ndata: \n\n"
            return
        if time.monotonic() - sent_at > KEEP_ALIVE_SECONDS:
            yield ": still here\n\n"  # also makes the server notice that the client is gone
            sent_at = time.monotonic()
        time.sleep(POLL_SECONDS)
