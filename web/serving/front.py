"""The ASGI application in front of the WSGI one: it takes a thread only for what needs none of its peer."""

import asyncio
import re
from dataclasses import dataclass
from typing import Any

from flask import Flask

from db.settings import settings
from web.file_limits import file_limit
from web.observing import metrics
from web.serving import proxies
from web.serving.bodies import Gone, limit_of, receive_body, until_gone
from web.serving.environ import add_body, headers_of, make_environ
from web.serving.events import IS_SERVED, TOPIC, Hub, Topic
from web.serving.lanes import LANES, Lane, endpoint_of, lane_of
from web.serving.proxies import Origin
from web.serving.refusals import (
    BROKEN,
    MALFORMED,
    STOPPING,
    Refusal,
    TurnedAway,
    new_request_id,
    render,
)
from web.serving.reply import Reply
from web.serving.spool import Spool, Store
from web.serving.types import Receive, Scope, Send

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True)
class Call:
    """One request; `id` is what a trusted proxy calls it, else ours."""

    scope: Scope
    headers: dict[str, str]
    origin: Origin
    id: str


class Front:
    """Built inside the running event loop."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._store = Store(settings().run_dir / "spool")
        self._lanes = {name: Lane(name, bounds) for name, bounds in LANES.items()}
        self._hub = Hub(self._lanes["live"])
        self._stopping = False

    def stop(self) -> None:
        """End the streams and refuse new requests; those at work are finished."""
        self._stopping = True
        self._hub.stopping.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = _read(scope)
        try:
            await self._serve(call, receive, send)
        except TurnedAway as error:
            await _refuse(call, error.refusal, send)
        except Gone:
            return

    async def _serve(self, call: Call, receive: Receive, send: Send) -> None:
        if self._stopping:
            raise TurnedAway(STOPPING)
        spool = Spool(self._store, call.origin.address)
        environ = make_environ(call.scope, call.headers, call.origin, call.id)
        environ[IS_SERVED] = True
        endpoint = endpoint_of(self._app.url_map, call.scope["path"], call.scope["method"])
        limit = limit_of(endpoint, call.headers, file_limit(endpoint))
        lane = self._lanes[lane_of(endpoint)]
        reply = Reply(self._app, environ, lane, self._store)
        reply.on_end = spool.close
        gone = None
        try:
            await receive_body(receive, _content_length(call.headers), limit, spool)
            add_body(environ, await spool.open(), spool.size)
            gone = asyncio.ensure_future(until_gone(receive))
            await lane.enter()
            reply.start()
            if await reply.begun(gone):
                await self._send(call, reply, send, gone)
        finally:
            reply.abandon()
            if gone is not None:
                gone.cancel()

    async def _send(self, call: Call, reply: Reply, send: Send, gone: "asyncio.Future[Any]") -> None:
        if not reply.status:
            raise TurnedAway(BROKEN)
        topic = reply.environ.get(TOPIC)
        if isinstance(topic, Topic):
            self._hub.admit(topic)
            reply.headers = [pair for pair in reply.headers if pair[0] != b"content-length"]
        if not any(name == b"x-request-id" for name, _ in reply.headers):
            reply.headers.append((b"x-request-id", call.id.encode()))
        if isinstance(topic, Topic) and reply.environ["REQUEST_METHOD"] != "HEAD":
            await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
            await self._hub.send(topic, call.headers.get("last-event-id", ""), send, gone)
        else:
            await reply.send(send, gone)


def _content_length(headers: dict[str, str]) -> int | None:
    """The announced length of the body, 0 if there is none, None if it comes in chunks."""
    if "transfer-encoding" in headers:
        return None
    text = headers.get("content-length", "0")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise TurnedAway(MALFORMED)
    return int(text)


def _read(scope: Scope) -> Call:
    headers, trusted = headers_of(scope), settings().trusted_proxies
    peer = scope["client"][0] if scope["client"] else ""
    nearest = proxies.parse_address(peer)
    given = headers.get("x-request-id", "")
    is_believed = nearest is not None and proxies.is_trusted(nearest, trusted) and REQUEST_ID.fullmatch(given)
    id = given if is_believed else new_request_id()
    return Call(scope, headers, proxies.origin(peer, headers, trusted), id)


async def _refuse(call: Call, refusal: Refusal, send: Send) -> None:
    metrics.note_request("refused", str(refusal.status), 0)
    accepted = call.headers.get("accept", "")
    is_page = not call.scope["path"].startswith("/api/") and not accepted.startswith("application/json")
    lines, body = render(
        refusal,
        call.id,
        page_root=call.origin.prefix if is_page else None,
        languages=call.headers.get("accept-language", ""),
    )
    lines.append((b"connection", b"close"))  # the rest of a body may still be on its way
    await send({"type": "http.response.start", "status": refusal.status, "headers": lines})
    await send({"type": "http.response.body", "body": body, "more_body": False})
