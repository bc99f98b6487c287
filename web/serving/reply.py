"""One answer of the WSGI application: made in a lane's thread, sent by the event loop.

The thread never waits for the peer. It makes at most AHEAD bytes more than are sent; then it leaves, and a
thread of the lane goes on when these are sent. So a download that nobody reads costs no thread, and no disk.
A single piece larger than that, such as a model's file, waits in a file, or in memory if the disk is full.
"""

import asyncio
import contextlib
import contextvars
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO

import structlog

from web.serving.environ import Environ
from web.serving.lanes import Lane
from web.serving.spool import Store
from web.serving.types import Send

log = structlog.get_logger()

AHEAD, GO_ON_BELOW = 512 << 10, 128 << 10
"""Bytes that are made ahead of the peer, and those left when a thread goes on."""
PIECE = 64 << 10
FLUSH_SECONDS = 0.05
Application = Callable[..., Iterable[bytes]]


class Reply:
    """The application's answer to `environ`. `status` and `headers` are there once `begun` is true."""

    def __init__(self, application: Application, environ: Environ, lane: Lane, store: Store) -> None:
        self._application, self.environ = application, environ
        self.on_end: Callable[[], None] = lambda: None
        self._lane, self._store = lane, store
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._news = asyncio.Event()
        self._pieces: deque[bytes | BinaryIO] = deque()
        self._made = self._sent = self._told = 0
        self._told_at = time.monotonic()
        self._body: Iterable[bytes] = ()
        self._iterator: Iterator[bytes] | None = None
        self._working: asyncio.Future[None] | None = None
        self._finished = False
        self.status, self.headers = 0, list[tuple[bytes, bytes]]()
        self.error: Exception | None = None

    # --- in a thread of the lane -------------------------------------------------------------------------

    def _work(self) -> None:
        """Make some of the answer; `_finished` once that was all of it."""
        try:
            self._context.run(self._make)
        except Exception as error:
            self.error = error
            log.exception("answer_failed", path=self.environ["PATH_INFO"], error=type(error).__name__)
            self._close_early()

    def _make(self) -> None:
        if self._iterator is None:
            self._body = self._application(self.environ, self._start_response)
            self._iterator = iter(self._body)
        while self._made - self._sent < AHEAD:
            chunk = next(self._iterator, None)
            if chunk is None:
                self._finish()
                return
            self._put(chunk)

    def _start_response(
        self, status: str, headers: Sequence[tuple[str, str]], _error: Any = None
    ) -> Callable[[bytes], None]:
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        self.status = int(status.partition(" ")[0])
        return self._put

    def _put(self, chunk: bytes) -> None:
        if not chunk:
            return
        self._pieces.append(self._in_file(chunk) or chunk if len(chunk) > AHEAD else chunk)
        self._made += len(chunk)
        now = time.monotonic()
        if self._made - self._told >= PIECE or now - self._told_at > FLUSH_SECONDS:
            self._told, self._told_at = self._made, now
            self._tell()

    def _in_file(self, chunk: bytes) -> BinaryIO | None:
        """None if the disk is full."""
        try:
            with contextlib.ExitStack() as on_error:
                file = on_error.enter_context(self._store.new_file())
                file.write(chunk)
                file.seek(0)
                on_error.pop_all()
        except OSError:
            return None
        return file

    def _finish(self) -> None:
        if self._finished:
            return
        self._finished = True
        close = getattr(self._body, "close", None)
        if close is not None:
            close()

    def _tell(self) -> None:
        self._loop.call_soon_threadsafe(self._news.set)

    # --- in the event loop -------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin in the thread that was waited for."""
        self._working = self._lane.run(self._work)
        self._working.add_done_callback(lambda _: self._news.set())

    async def begun(self, gone: "asyncio.Future[Any]") -> bool:
        """Wait for the first part of the answer; False if the client is gone before."""
        gone.add_done_callback(lambda _: self._news.set())
        while not (self._pieces or self._is_resting()):
            await self._news.wait()
            self._news.clear()
            if gone.done():
                return False
        return True

    def is_over(self) -> bool:
        """Whether all of it is made."""
        return self._finished and self._is_resting()

    def _is_resting(self) -> bool:
        return self._working is None or self._working.done()

    async def send(self, send: Send, gone: "asyncio.Future[Any]") -> None:
        """Send the answer, while more of it is made. Raises what ended its making too early."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        while not gone.done():
            self._news.clear()
            is_over = self.is_over()  # before the pieces are looked at: none is added afterwards
            if self._pieces:
                await self._send_next(send, is_over)
            elif is_over:
                if self.error is not None:
                    raise self.error
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            else:
                await self._news.wait()
            if not self._finished and self._is_resting() and self._made - self._sent < GO_ON_BELOW:
                await self._lane.enter_again()
                self.start()

    async def _send_next(self, send: Send, is_over: bool) -> None:
        """Send the oldest piece, with the small ones that follow it."""
        piece = self._pieces.popleft()
        if not isinstance(piece, bytes):
            await self._send_file(send, piece)
            return
        parts, size = [piece], len(piece)
        while self._pieces and isinstance(self._pieces[0], bytes) and size + len(self._pieces[0]) <= PIECE:
            parts.append(part := self._pieces.popleft())  # type: ignore[arg-type]
            size += len(part)  # type: ignore[arg-type]
        await send({"type": "http.response.body", "body": b"".join(parts), "more_body": True})
        self._sent += size

    async def _send_file(self, send: Send, file: BinaryIO) -> None:
        with file:
            while data := await self._loop.run_in_executor(self._store.threads, file.read, 4 * PIECE):
                await send({"type": "http.response.body", "body": data, "more_body": True})
                self._sent += len(data)

    def abandon(self) -> None:
        """Close what is left of an answer, once its thread has stopped: the client is gone, or has it all."""
        for piece in self._pieces:
            if not isinstance(piece, bytes):
                piece.close()
        self._pieces.clear()
        if self._working is not None and not self._working.done():
            self._working.add_done_callback(lambda _: self.abandon())
            return
        self.on_end()
        if not self._finished:
            self._loop.run_in_executor(self._store.threads, self._context.run, self._close_early)

    def _close_early(self) -> None:
        try:
            self._finish()
        except Exception:
            log.exception("answer_not_closed", path=self.environ["PATH_INFO"])
