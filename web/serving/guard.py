"""Limits of one connection, on uvicorn's protocol for HTTP: what comes before there is a request to serve."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from web.serving.parser import Parser
from web.serving.refusals import CUT, HEAD_TOO_LARGE, MALFORMED, TOO_SLOW, Refusal, as_bytes

HEAD_SECONDS = 10.0
HEAD_BYTES, HEADERS = 32 << 10, 100
STUCK_SECONDS, FLOOR = 30.0, 1000
"""A peer that takes fewer than FLOOR bytes a second over STUCK_SECONDS is given up."""
LINGER_SECONDS = 5.0
"""How long a connection that is refused in the middle of a body is still read: closed at once, the refusal
would be lost on its way."""
PIPELINED = 1000


class Tap:
    """A transport that counts what is written to it, and closes as the connection wants."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self._transport, self._close = transport, close
        self.written = 0

    def write(self, data: bytes) -> None:
        self.written += len(data)
        self._transport.write(data)

    def close(self) -> None:
        self._close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Flow(FlowControl):
    """Reads nothing more while requests wait that were sent ahead."""

    def __init__(self, transport: asyncio.Transport, is_pipelined: Callable[[], bool]) -> None:
        super().__init__(transport)
        self._is_pipelined = is_pipelined

    def resume_reading(self) -> None:
        if not self._is_pipelined():
            super().resume_reading()


class Guard(HttpToolsProtocol):
    """`on_lost` is called once, when the connection has ended."""

    def __init__(
        self,
        config: Config,
        state: ServerState,
        on_lost: Callable[["Guard"], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        super().__init__(config, state, {}, loop)
        self.parser: Any = Parser(self)
        self._on_lost = on_lost
        self._running: RequestResponseCycle | None = None
        self._in_head, self._is_deaf = True, False
        self._head_since: float | None = None
        self._head_bytes = self._messages = 0
        self._closing_since: float | None = None
        self._stuck: tuple[float, int] | None = None
        self._has_begun = self._too_large = False

    # --- the connection ----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._socket, self._head_since = transport, time.monotonic()
        tap: Any = Tap(transport, self._end)
        super().connection_made(tap)
        self.flow = Flow(tap, lambda: bool(self.pipeline))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True  # uvicorn tells only the last of pipelined requests
            self._running.message_event.set()
        self.pipeline.clear()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._on_lost(self)

    def eof_received(self) -> bool | None:  # type: ignore[override]
        """The peer sends no more, and may still wait for the answers to what it sent."""
        running = self._running
        if self._is_deaf or running is None or running.response_complete:
            return None
        if not self._in_head and running is self.cycle:  # its body was cut short
            if not running.response_started:
                self._socket.write(as_bytes(CUT))
            return None
        self.cycle.keep_alive = False
        return self.scheme == "http"

    def _end(self) -> None:
        """Close; what the peer is still sending is read for a moment, so that it also reads our answer."""
        if self._closing_since is not None:
            return
        self._is_deaf = self._is_deaf or not self._in_head
        self._closing_since = time.monotonic()
        if not self._is_deaf:
            self._socket.close()
            return
        if self._socket.can_write_eof():
            self._socket.write_eof()
        self._socket.resume_reading()

    def refuse(self, refusal: Refusal) -> None:
        """Answer a request that cannot be read, unless another answer is under way."""
        self._is_deaf = True
        running = self._running
        if running is None or running.response_complete:
            self._socket.write(as_bytes(refusal))
            self._end()
        else:
            running.keep_alive = False
            self.pipeline.clear()

    # --- the parser's events -----------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            return
        if self._in_head and self._head_since is None:
            self._head_since = time.monotonic()
        before = self._messages
        super().data_received(data)
        if self._in_head and self._messages == before and not self._is_deaf:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self.refuse(HEAD_TOO_LARGE)
        if len(self.pipeline) > PIPELINED:
            self._socket.abort()

    def send_400_response(self, msg: str) -> None:
        self.refuse(HEAD_TOO_LARGE if self._too_large else MALFORMED)

    def on_message_begin(self) -> None:
        self._has_begun, self._head_since = True, self._head_since or time.monotonic()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        size = len(self.url) + sum(len(one) + len(other) for one, other in self.headers)
        if size > HEAD_BYTES or len(self.headers) > HEADERS:
            self._too_large = True
            raise ValueError("the head is too large")

    def on_headers_complete(self) -> None:
        if self.parser.declines():
            return  # it comes again
        self._in_head, self._head_since, self._head_bytes = False, None, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self.parser.declines():
            return
        self._in_head = True
        self._messages += 1
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    # --- once a second -----------------------------------------------------------------------------------

    def check(self, now: float) -> None:
        """End the connection if its peer is too slow."""
        lingers = self._closing_since is not None and self._is_deaf
        if self._is_stuck(now) or (lingers and now - (self._closing_since or now) > LINGER_SECONDS):
            self._socket.abort()
        elif self._head_since is not None and now - self._head_since > HEAD_SECONDS and not self._is_busy():
            if not self._has_begun:
                self._socket.close()  # it never sent anything; browsers open connections in advance
            elif not self._is_deaf:
                self.refuse(TOO_SLOW)

    def _is_busy(self) -> bool:
        return self._running is not None and not self._running.response_complete

    def _is_stuck(self, now: float) -> bool:
        """Whether bytes have waited for the peer for STUCK_SECONDS, and it took hardly any of them."""
        waiting = self._socket.get_write_buffer_size()
        taken = self.transport.written - waiting  # type: ignore[attr-defined]
        if not waiting:
            self._stuck = None
        elif self._stuck is None:
            self._stuck = now, taken
        elif now - self._stuck[0] > STUCK_SECONDS:
            if taken - self._stuck[1] < STUCK_SECONDS * FLOOR:
                return True
            self._stuck = now, taken
        return False
