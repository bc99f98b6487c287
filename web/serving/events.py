"""Live pages: server-sent events, without a thread for each who watches.

One look at the database serves all who watch the same thing. A view gives a `Topic` to `respond`; behind
our server the event loop then sends what changes, elsewhere the response holds the present state alone.
"""

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Response, request

from web.serving.lanes import Lane
from web.serving.refusals import BUSY, TurnedAway
from web.serving.types import Send

log = structlog.get_logger()

LOOK_SECONDS, LOOK_AFTER_TROUBLE = 0.25, 2.0
KEEP_ALIVE_SECONDS = 10.0
CHECK_SECONDS = 3.0
"""Between two checks whether somebody may still watch: they may have signed out or been revoked."""
STREAMS_EACH, STREAMS = 250, 1000
"""Of one person, and of all."""
TOPIC, IS_SERVED = "serving.topic", "serving.sends_events"
"""Keys of the WSGI environment: what is to be watched, and that the server will send it."""


@dataclass(frozen=True)
class Event:
    """What is to be seen now; `is_over` if it will not change any more."""

    html: str
    is_over: bool

    @property
    def id(self) -> str:
        return hashlib.sha256(self.html.encode()).hexdigest()[:16]

    def encoded(self, last_id: str) -> bytes:
        """The event for a client that has seen `last_id`."""
        lines = "".join(f"data: {line}\n" for line in self.html.splitlines())
        text = "" if self.id == last_id else f"id: {self.id}\n{lines}\n"
        return (text + ("event: over\ndata: \n\n" if self.is_over else "")).encode()


@dataclass(frozen=True)
class Topic:
    """Something to watch. Topics of the same key look the same to all; both functions run in a thread."""

    key: Hashable
    person: int
    look: Callable[[], Event]
    may_watch: Callable[[], bool]


def respond(topic: Topic) -> Response:
    """The response of a view whose client watches the topic."""
    request.environ[TOPIC] = topic
    last_id = request.headers.get("Last-Event-ID", "")
    body = b"" if request.environ.get(IS_SERVED) else topic.look().encoded(last_id)
    response = Response(body, mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    return response


class Channel:
    """One topic, and the task that looks at it while anybody watches."""

    def __init__(self, topic: Topic, lane: Lane) -> None:
        self._topic, self._lane = topic, lane
        self.watchers = 0
        self.latest: Event | None = None
        self.changed = asyncio.Event()
        self._task = asyncio.get_running_loop().create_task(self._keep_looking())

    def stop(self) -> None:
        self._task.cancel()

    async def _keep_looking(self) -> None:
        while self.latest is None or not self.latest.is_over:
            wait = LOOK_SECONDS
            try:
                await self._lane.enter_again()
                event = await self._lane.run(self._topic.look)
            except Exception as error:  # noqa: BLE001 - the database may be away for a moment
                log.warning("look_failed", error=type(error).__name__)
                wait = LOOK_AFTER_TROUBLE
            else:
                if self.latest is None or event != self.latest:
                    self.latest = event
                    waking, self.changed = self.changed, asyncio.Event()
                    waking.set()
            await asyncio.sleep(wait)


class Hub:
    """All that is watched."""

    def __init__(self, lane: Lane) -> None:
        self._lane = lane
        self._channels: dict[Hashable, Channel] = {}
        self._watching: Counter[int] = Counter()
        self.stopping = asyncio.Event()

    def admit(self, topic: Topic) -> None:
        """Raises TurnedAway if this person, or all together, watch too much already."""
        if self._watching[topic.person] >= STREAMS_EACH or self._watching.total() >= STREAMS:
            raise TurnedAway(BUSY)

    async def send(self, topic: Topic, last_id: str, send: Send, gone: "asyncio.Future[Any]") -> None:
        """Send what changes until it is over, the client is gone, or the person may not watch any more."""
        channel = self._channels.get(topic.key)
        if channel is None:
            channel = self._channels[topic.key] = Channel(topic, self._lane)
        channel.watchers += 1
        self._watching[topic.person] += 1
        try:
            await self._follow(channel, topic, last_id, send, gone)
        finally:
            self._leave(channel, topic)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _leave(self, channel: Channel, topic: Topic) -> None:
        channel.watchers -= 1
        if not channel.watchers:
            channel.stop()
            del self._channels[topic.key]
        self._watching[topic.person] -= 1
        if not self._watching[topic.person]:
            del self._watching[topic.person]

    async def _follow(
        self, channel: Channel, topic: Topic, last_id: str, send: Send, gone: "asyncio.Future[Any]"
    ) -> None:
        sent_at = checked_at = time.monotonic()
        while not gone.done() and not self.stopping.is_set():
            changed, event = channel.changed, channel.latest
            if event is not None and (event.id != last_id or event.is_over):
                await send(_piece(event.encoded(last_id)))
                last_id, sent_at = event.id, time.monotonic()
                if event.is_over:
                    return
            await self._wait(changed, gone, checked_at + CHECK_SECONDS - time.monotonic())
            now = time.monotonic()
            if now - checked_at >= CHECK_SECONDS:
                if not await self._may_watch(topic):
                    return
                checked_at = time.monotonic()
            if now - sent_at > KEEP_ALIVE_SECONDS:
                await send(_piece(b": still here\n\n"))
                sent_at = now

    async def _wait(self, changed: asyncio.Event, gone: "asyncio.Future[Any]", seconds: float) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (changed, self.stopping)]
        await asyncio.wait([*waits, gone], timeout=max(0.01, seconds), return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _may_watch(self, topic: Topic) -> bool:
        try:
            await self._lane.enter()
            return await self._lane.run(topic.may_watch)
        except Exception as error:  # noqa: BLE001 - while the database is away nobody is sent away
            log.warning("check_failed", error=type(error).__name__)
            return True


def _piece(body: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body, "more_body": True}
