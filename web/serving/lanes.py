"""Lanes: each kind of work has threads of its own, and what waits for them is bounded in number and time.

So slow work of one kind holds up neither another kind nor the pages. A request that finds its lane full is
refused before anything is read or written for it.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map

from web.serving.refusals import BUSY, TurnedAway

T = TypeVar("T")


@dataclass(frozen=True)
class Bounds:
    """Threads of a lane, requests that may wait for them, and seconds after which they are refused."""

    threads: int
    queue: int
    patience: float


PAGES = "pages"
LANES = {
    PAGES: Bounds(8, 200, 4),
    "probes": Bounds(2, 64, 3),
    "files": Bounds(2, 256, 5),
    "answers": Bounds(2, 128, 4),  # on SQLite more writers than two starve one another at its lock
    "uploads": Bounds(4, 64, 8),
    "look_ups": Bounds(2, 32, 4),
    "predictions": Bounds(3, 16, 4),
    "similar": Bounds(3, 32, 4),
    "downloads": Bounds(2, 32, 5),
    "crops": Bounds(3, 128, 5),
    "pictures": Bounds(4, 256, 5),
    "live": Bounds(2, 1000, 10),  # also looks at what is watched, on behalf of all who watch
}
"""Their threads together need a database connection each: `db.session.MOST_CONNECTIONS`."""

ENDPOINTS = {
    "home.healthz": "probes",
    "observed.readyz": "probes",
    "observed.metrics_page": "probes",
    "auth.hello": "probes",
    "static": "files",
    "home.asset": "files",
    "try_it.file": "downloads",
    "api_labelling.send_answer": "answers",
    "api_labelling.send_answers": "answers",
    "api_labelling.renew_leases": "answers",
    "api_labelling.get_queue": "answers",
    "api_labelling.get_agreed": "answers",
    "api_photos.draw_face": "answers",
    "api_photos.send_photo": "uploads",
    "api_photos.turn_photo": "uploads",
    "api_photos.retry_photo": "uploads",
    "api_tried.keep_photo": "uploads",
    "api_uploads.send_part": "uploads",
    "upload.send": "uploads",
    "upload.turn_photo": "uploads",
    "upload.try_again": "uploads",
    "api_imports.start_import": "uploads",
    "api_imports.send_import_part": "uploads",
    "imports.start": "uploads",
    "api_imports.get_import": "look_ups",
    "api_imports.list_import_parts": "look_ups",
    "api_imports.cancel_import": "look_ups",
    "api_exports.download_export": "downloads",
    "api_exports.start_export": "look_ups",
    "api_exports.get_export": "look_ups",
    "api_exports.cancel_export": "look_ups",
    "api_exports.delete_export": "look_ups",
    "transfers.start_export": "look_ups",
    "transfers.cancel_export": "look_ups",
    "transfers.delete_export": "look_ups",
    "webhooks.turn_on": "look_ups",
    "api_uploads.look_up": "look_ups",
    "api_predictions.predict": "predictions",
    "api_predictions.send_batch": "uploads",
    "api_similar.find_similar": "similar",
    "api_similar.find_similar_to_photo": "predictions",
    "mine.download": "downloads",
    "people.download": "downloads",
    "backups.download": "downloads",
    "audit.export": "downloads",
    "model.file": "downloads",
    "model.archive": "downloads",
    "documentation.docs": "downloads",
    "documentation.spec": "downloads",
    "runs.stream": "live",
    "pictures.crop": "crops",
    "pictures.view": "pictures",
    "pictures.small": "pictures",
    "pictures.thumb": "pictures",
}
"""The lane of each endpoint that is not an ordinary page."""


def endpoint_of(routes: Map, path: str, method: str) -> str:
    """The endpoint of a request; empty without one: no such page, another method, a redirect."""
    try:
        endpoint, _ = routes.bind("").match(path, method)
    except HTTPException:
        return ""
    return str(endpoint)


def lane_of(endpoint: str) -> str:
    """The name of the lane of a request to the endpoint. What has none is quickly answered."""
    return ENDPOINTS.get(endpoint, PAGES)


class Lane:
    """Threads that work for the event loop. All methods are called in the loop's thread."""

    def __init__(self, name: str, bounds: Bounds) -> None:
        self._bounds = bounds
        self._free = bounds.threads
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._pool = ThreadPoolExecutor(bounds.threads, thread_name_prefix=name)

    async def enter(self) -> None:
        """Wait for a thread. Raises TurnedAway if too many wait already, or after too long."""
        if self._free > 0:
            self._free -= 1
            return
        if len(self._waiting) >= self._bounds.queue:
            raise TurnedAway(BUSY)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        timeout = asyncio.get_running_loop().call_later(self._bounds.patience, _expire, turn)
        try:
            await self._take(turn)
        finally:
            timeout.cancel()

    async def enter_again(self) -> None:
        """Wait for a thread for as long as it takes, before all others: the answer has begun already."""
        if self._free > 0:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.appendleft(turn)
        await self._take(turn)

    def run(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        """Do the work in the thread that was waited for; the thread is free again when it is done."""
        done = asyncio.get_running_loop().run_in_executor(self._pool, work)
        done.add_done_callback(lambda _: self._leave())
        return done

    async def _take(self, turn: "asyncio.Future[None]") -> None:
        try:
            await turn
        except (asyncio.CancelledError, TurnedAway):
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._leave()  # the turn came together with the cancellation
            with contextlib.suppress(ValueError):
                self._waiting.remove(turn)  # who has given up takes no place of those who may wait
            raise

    def _leave(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


def _expire(turn: "asyncio.Future[None]") -> None:
    if not turn.done():
        turn.set_exception(TurnedAway(BUSY))
