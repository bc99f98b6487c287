"""Receiving the whole body of a request before a thread is taken for it."""

import asyncio
import contextlib
import time

from web.serving.refusals import CUT, TOO_SLOW, TurnedAway, too_large
from web.serving.spool import Spool
from web.serving.types import Message, Receive

IDLE_SECONDS = 15.0
FLOOR, GRACE_SECONDS = 1000, 30.0
"""Bytes a second that a body has to bring on average, from so many seconds on."""
LONGEST_SECONDS = 900.0


class Gone(Exception):
    """The client closed the connection."""


async def until_gone(receive: Receive) -> None:
    """Wait for the end of the connection; only for requests whose body has been received."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def receive_body(receive: Receive, announced: int | None, limit_mb: int, spool: Spool) -> None:
    """Read the body into `spool`. Raises Gone, and TurnedAway for one that is too large or too slow."""
    limit = (limit_mb + 1) << 20  # the form around the file has some bytes, too
    if announced is not None and announced > limit:
        raise TurnedAway(too_large(limit_mb))
    began, more = time.monotonic(), True
    while more:
        message: Message = {}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IDLE_SECONDS):
                message = await receive()
        elapsed = time.monotonic() - began
        if not message or elapsed > LONGEST_SECONDS:
            raise TurnedAway(TOO_SLOW)
        if message["type"] == "http.disconnect":
            raise Gone
        chunk, more = message.get("body", b""), message.get("more_body", False)
        if spool.size + len(chunk) > limit:
            raise TurnedAway(too_large(limit_mb))
        await spool.write(chunk)
        if more and elapsed > GRACE_SECONDS and spool.size < FLOOR * elapsed:
            raise TurnedAway(TOO_SLOW)
    if announced is not None and spool.size != announced:
        raise TurnedAway(CUT)
