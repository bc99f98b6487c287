"""Receiving the whole body of a request before a thread is taken for it."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass

from web.serving.refusals import (
    CUT,
    TOO_SLOW,
    UNKNOWN_SENDER,
    Refusal,
    TurnedAway,
    file_too_large,
    request_too_large,
)
from web.serving.spool import Spool
from web.serving.types import Message, Receive

IDLE_SECONDS = 15.0
FLOOR, GRACE_SECONDS = 1000, 30.0
"""Bytes a second that a body has to bring on average, from so many seconds on."""
LONGEST_SECONDS = 900.0
SMALL_MB = 1
"""For whatever is no file. The application takes forms of that size, too."""
TAKES_FILES = frozenset(
    {"api_photos.send_photo", "api_tried.keep_photo", "api_uploads.send_part", "upload.send"}
    | {"api_predictions.predict", "api_predictions.send_batch", "api_similar.find_similar_to_photo"}
    | {"api_imports.start_import", "api_imports.send_import_part", "imports.start"}
)
"""Endpoints whose body is a photo, or several, or a dataset."""


@dataclass(frozen=True)
class Limit:
    """The most bytes of a body, and how more are refused."""

    bytes: int
    refusal: Refusal


def limit_of(endpoint: str | None, headers: Mapping[str, str], file_mb: int) -> Limit:
    """Files may be large; not JSON, which unfolds to many times its size, nor what nobody vouches for."""
    if endpoint not in TAKES_FILES or "json" in headers.get("content-type", "").partition(";")[0].lower():
        return Limit(SMALL_MB << 20, request_too_large(SMALL_MB))
    if "cookie" not in headers and "authorization" not in headers:
        return Limit(SMALL_MB << 20, UNKNOWN_SENDER)
    return Limit((file_mb + 1) << 20, file_too_large(file_mb))  # the form around it has some bytes, too


class Gone(Exception):
    """The client closed the connection."""


async def until_gone(receive: Receive) -> None:
    """Wait for the end of the connection; only for requests whose body has been received."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def receive_body(receive: Receive, announced: int | None, limit: Limit, spool: Spool) -> None:
    """Read the body into `spool`. Raises Gone, and TurnedAway for one that is too large or too slow."""
    if announced is not None and announced > limit.bytes:
        raise TurnedAway(limit.refusal)
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
        if spool.size + len(chunk) > limit.bytes:
            raise TurnedAway(limit.refusal)
        await spool.write(chunk)
        if more and elapsed > GRACE_SECONDS and spool.size < FLOOR * elapsed:
            raise TurnedAway(TOO_SLOW)
    if announced is not None and spool.size != announced:
        raise TurnedAway(CUT)
