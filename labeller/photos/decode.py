"""Decoding untrusted photos in a child process that is locked in, with limited memory and time.

A program of its own (`decoder_process`) loads the decoders and forks a child for each picture, which takes
5 ms instead of the 0.2 s of a fresh Python. A decompression bomb or a bug in a decoder ends only the child.
"""

import json
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any

import structlog

from labeller.errors import BadPhoto, PhotoTooLarge
from labeller.photos import pixel_budget
from labeller.photos.annotate import Mark
from labeller.photos.cuts import Square
from labeller.photos.decoder_process import REQUEST, RESPONSE, SECONDS
from labeller.photos.forker import Forker
from labeller.photos.pixels import SEND, Decoded, Pixels

log = structlog.get_logger()
_cutting = threading.Semaphore(2)
"""Limits the memory for cuts; whoever looks at pictures does not wait for those who send them."""
_forker = Forker("labeller.photos.decoder_process")


def decode(data: bytes, max_megapixels: int, turn: int = 0) -> Decoded:
    """Decode `data` in a child, and turn it clockwise by `turn` degrees (0, 90, 180 or 270).

    Raises BadPhoto and PhotoTooLarge with a message for the sender, Unavailable if too many
    pixels are decoded already.
    """
    with pixel_budget.charged(data, max_megapixels) as pixels:
        head, body = _call("read", data, max_megapixels=max_megapixels, turn=turn, announced=pixels)
    end = head.pop("bytes")
    hashes = (bytes.fromhex(head[name]) for name in ("dhash", "mirror"))
    return Decoded(body[:end], body[end:], head["width"], head["height"], *hashes)


def decode_pixels(data: bytes, max_megapixels: int) -> Pixels:
    """Decode what a detector looks at in a child. Raises as `decode` does."""
    with pixel_budget.charged(data, max_megapixels) as pixels:
        head, body = _call("pixels", data, max_megapixels=max_megapixels, announced=pixels)
    end = head["bytes"]
    return Pixels(body[end:], tuple(head["size"]), body[:end] or None, head["width"], head["height"])


def annotated(pixels: Pixels, marks: Sequence[Mark]) -> bytes:
    """The photo with the marks drawn over it, as a JPEG of its size, made in a child."""
    with _cutting:
        data, size = (pixels.view, pixels.size) if pixels.photo is None else (pixels.photo, None)
        return _call("annotated", data, size=size, marks=marks)[1]


def smaller(data: bytes, longest: int, square: Square | None = None) -> bytes:
    """A stored picture, or a square of it, as a JPEG of at most `longest` pixels a side, made in a child.

    Raises BadPhoto if it is damaged.
    """
    with _cutting:
        return _call("smaller", data, longest=longest, square=square)[1]


def _call(name: str, data: bytes, **arguments: Any) -> tuple[dict[str, Any], bytes]:
    """The JSON and the bytes of a child's response. Raises BadPhoto and PhotoTooLarge."""
    began = time.monotonic()
    response = _ask(json.dumps({"call": name} | arguments).encode(), data)
    if not response:
        slow = time.monotonic() - began >= SECONDS
        log.warning("decoder_died", bytes=len(data), slow=slow)
        message = "This picture could not be opened safely."
        if slow:
            message = "This picture takes too long to open."
        raise BadPhoto("photo_unreadable", message, SEND)
    _, length = RESPONSE.unpack_from(response)
    start = RESPONSE.size + length
    head, body = json.loads(response[RESPONSE.size : start]), response[start:]
    if "code" in head:
        raise (PhotoTooLarge if head["code"] == "photo_too_large" else BadPhoto)(**head)
    return head, body


def _ask(question: bytes, data: bytes) -> bytes:
    """The child's whole response; empty if it died before it had sent everything."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            _forker.hand_over(theirs.fileno())
        ours.settimeout(SECONDS + 1)
        try:
            ours.sendall(REQUEST.pack(len(question), len(data)) + question + data)
            with ours.makefile("rb") as stream:
                response = stream.read()
        except OSError:  # the child ended before it had read everything
            return b""
    if len(response) < RESPONSE.size:
        return b""
    is_complete = len(response) == RESPONSE.size + RESPONSE.unpack_from(response)[0]
    return response if is_complete else b""
