"""How many pixels are decoded at once: memory and processors are bounded before the first is decoded."""

import re
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from db.errors import Unavailable

AT_ONCE = 2
"""Photos of the largest size allowed that are decoded at the same time; of smaller ones accordingly more."""
PATIENCE = 12.0
"""Seconds for which a photo waits until those before it are decoded."""
SOF = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
LEAST = 1_000_000
"""A photo counts as at least so many pixels: a process is forked for it."""
HEAD_BYTES, SEGMENTS = 2 << 20, 500
"""How far into a JPEG, and over how many segments, its size is looked for: the web process waits for it."""
_MARKER = re.compile(rb"\xff+([^\x00\x01\xd0-\xd9\xff])(..)", re.DOTALL)
"""The marker of a segment, and its length; not one that stands alone, as none does before the size."""

_changed = threading.Condition()
_in_work = 0


@contextmanager
def charged(data: bytes, max_megapixels: int) -> Iterator[int]:
    """Count the pixels that the file's header announces while the block runs; yields how many it may have.

    A header whose size cannot be told counts as the largest. Raises Unavailable.
    """
    global _in_work
    most = max_megapixels * 1_000_000
    pixels = max(LEAST, min(most, announced_pixels(data) or most))
    end = time.monotonic() + PATIENCE
    with _changed:
        while _in_work + pixels > AT_ONCE * most:
            if not _changed.wait(end - time.monotonic()):
                hint = "Nothing was lost. Send it again in a moment."
                raise Unavailable("decoder_busy", "Many large photos arrive at once.", hint)
        _in_work += pixels
    try:
        yield pixels
    finally:
        with _changed:
            _in_work -= pixels
            _changed.notify_all()


def announced_pixels(data: bytes) -> int | None:
    """Width times height as the file's header says; None for a format whose header is not as simple."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            width, height = struct.unpack_from(">II", data, 16)
        elif data.startswith(b"\xff\xd8"):
            width, height = _jpeg_size(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            width, height = _webp_size(data)
        else:
            return None
    except (struct.error, ValueError):
        return None
    return int(width * height)


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    for _ in range(SEGMENTS):
        marker = _MARKER.match(data, at, HEAD_BYTES)
        if marker is None:
            break
        if marker[1][0] in SOF:
            height, width = struct.unpack_from(">HH", data, marker.end() + 1)
            return width, height
        at = marker.start(2) + int.from_bytes(marker[2])
    raise ValueError("no size")


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    raise ValueError("unknown chunk")
