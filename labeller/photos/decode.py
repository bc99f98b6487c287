"""Decoding untrusted photos in a child process with limited memory and time.

This module, run as a program, loads the decoders and forks a child for each photo, which takes 5 ms instead
of the 0.2 s of a fresh Python. A decompression bomb or a bug in a decoder ends only the child.
"""

import functools
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import structlog

from db import private_files
from labeller.errors import BadPhoto, PhotoTooLarge
from labeller.photos import pixel_budget
from labeller.photos.pixels import SEND, Decoded, read

SECONDS = 15
"""Time for one photo, waiting included; 50 megapixels take 4 seconds."""
MEMORY = 1200 << 20
"""Address space of a child in bytes; 50 megapixels as WebP, the worst case, need nearly all of it."""
REQUEST = struct.Struct("<IIQ")
"""Header of a request: megapixels allowed, degrees to turn, bytes of the file."""
RESPONSE = struct.Struct("<QI")
"""Header of a response: bytes that follow, bytes of the JSON with which they begin."""

log = structlog.get_logger()
_starting = threading.Lock()


def decode(data: bytes, max_megapixels: int, turn: int = 0) -> Decoded:
    """Decode `data` in a child, and turn it clockwise by `turn` degrees (0, 90, 180 or 270).

    Raises BadPhoto and PhotoTooLarge with a message for the sender, Unavailable if too many
    pixels are decoded already.
    """
    with pixel_budget.charged(data, max_megapixels):
        began = time.monotonic()
        response = _ask(data, max_megapixels, turn)
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
    end = head.pop("bytes")
    hashes = (bytes.fromhex(head[name]) for name in ("dhash", "mirror"))
    return Decoded(body[:end], body[end:], head["width"], head["height"], *hashes)


def _ask(data: bytes, max_megapixels: int, turn: int) -> bytes:
    """The child's whole response; empty if it died before it had sent everything."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            _hand_over(theirs)
        ours.settimeout(SECONDS + 1)
        try:
            ours.sendall(REQUEST.pack(max_megapixels, turn, len(data)) + data)
            with ours.makefile("rb") as stream:
                response = stream.read()
        except OSError:  # the child ended before it had read everything
            return b""
    if len(response) < RESPONSE.size:
        return b""
    is_complete = len(response) == RESPONSE.size + RESPONSE.unpack_from(response)[0]
    return response if is_complete else b""


def _hand_over(connection: socket.socket) -> None:
    """Pass one end of a connection to the forking program, restarting it if it has ended."""
    with _starting:
        try:
            socket.send_fds(_forker(), [b"."], [connection.fileno()])
        except OSError:
            _forker.cache_clear()
            socket.send_fds(_forker(), [b"."], [connection.fileno()])


@functools.cache
def _forker() -> socket.socket:
    """Our end of the connection to the forking program, which ends when this process does."""
    ours, theirs = socket.socketpair()
    with theirs:
        subprocess.Popen(
            [sys.executable, "-m", "labeller.photos.decode"],
            stdin=theirs.fileno(),
            cwd=Path(__file__).parents[2],
        )
    return ours


# --- the forking program and its children ----------------------------------------------------------------


def _fork_for_each() -> None:
    import pillow_heif
    from PIL import Image

    Image.init()
    pillow_heif.register_heif_opener(thumbnails=False)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no zombies
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends our parent, and then us
    line = socket.socket(fileno=0)
    while True:
        data, descriptors, _, _ = socket.recv_fds(line, 1, 1)
        if not data:
            return
        with socket.socket(fileno=descriptors[0]) as connection:
            if os.fork() == 0:
                line.close()
                _respond(connection)
                os._exit(0)


def _respond(connection: socket.socket) -> None:
    _limit_resources()
    with connection.makefile("rb") as stream:
        megapixels, turn, length = REQUEST.unpack(stream.read(REQUEST.size))
        data = stream.read(length)
    try:
        decoded = read(data, megapixels, turn)
        head = {"width": decoded.width, "height": decoded.height, "bytes": len(decoded.photo)}
        text = json.dumps(head | {"dhash": decoded.dhash.hex(), "mirror": decoded.mirror.hex()}).encode()
        parts = [text, decoded.photo, decoded.view]
    except BadPhoto as error:
        text = json.dumps({"code": error.code, "message": error.message, "hint": error.hint}).encode()
        parts = [text]
    for part in [RESPONSE.pack(sum(map(len, parts)), len(text)), *parts]:
        connection.sendall(part)


def _limit_resources() -> None:
    signal.alarm(SECONDS)  # SIGALRM ends the process even within C code
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # macOS accepts the call and ignores the limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    private_files.keep_private()
    _fork_for_each()
