"""Opening untrusted photos where they can do no harm: a process of their own, limited in memory and time.

A small program (this module, run) has the decoders loaded and forks a child for each photo: 5 ms instead
of the 0.2 s that a fresh Python takes. A decompression bomb or a decoder's bug ends the child alone.
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

from labeller.errors import BadPhoto, PhotoTooLarge
from labeller.photos.pixels import SEND, Decoded, read

SECONDS = 15
"""For one photo, waiting included; 50 megapixels take 4."""
MEMORY = 1200 << 20
"""Address space of a child; 50 megapixels in the costliest format (WebP) need nearly all of it."""
HEADER = struct.Struct("<IQ")
"""Of a question: megapixels allowed, bytes of the file."""
ANSWER = struct.Struct("<QI")
"""Before an answer: bytes after this, bytes of the JSON they begin with."""

log = structlog.get_logger()
_at_once = threading.Semaphore(2)  # bounds the memory of many uploads
_starting = threading.Lock()


def decode(data: bytes, max_megapixels: int) -> Decoded:
    """Decode `data` in a child. Raises BadPhoto or PhotoTooLarge with words for the sender."""
    with _at_once:
        began = time.monotonic()
        answer = _ask(data, max_megapixels)
    if not answer:
        slow = time.monotonic() - began >= SECONDS
        log.warning("decoder_died", bytes=len(data), slow=slow)
        said = "takes too long to open" if slow else "could not be opened safely"
        raise BadPhoto("photo_unreadable", f"This picture {said}.", SEND)
    _, length = ANSWER.unpack_from(answer)
    start = ANSWER.size + length
    head, body = json.loads(answer[ANSWER.size : start]), answer[start:]
    if "code" in head:
        raise (PhotoTooLarge if head["code"] == "photo_too_large" else BadPhoto)(**head)
    end = head.pop("bytes")
    hashes = (bytes.fromhex(head[name]) for name in ("dhash", "mirror"))
    return Decoded(body[:end], body[end:], head["width"], head["height"], *hashes)


def _ask(data: bytes, max_megapixels: int) -> bytes:
    """The child's whole answer; empty when it died before it had said everything."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            _hand_over(theirs)
        ours.settimeout(SECONDS + 1)
        try:
            ours.sendall(HEADER.pack(max_megapixels, len(data)) + data)
            with ours.makefile("rb") as stream:
                answer = stream.read()
        except OSError:  # it ended before it had read everything
            return b""
    whole = len(answer) >= ANSWER.size and len(answer) == ANSWER.size + ANSWER.unpack_from(answer)[0]
    return answer if whole else b""


def _hand_over(conversation: socket.socket) -> None:
    """Give one end of a conversation to the forking program, starting it anew if it is gone."""
    with _starting:
        try:
            socket.send_fds(_forker(), [b"."], [conversation.fileno()])
        except OSError:
            _forker.cache_clear()
            socket.send_fds(_forker(), [b"."], [conversation.fileno()])


@functools.cache
def _forker() -> socket.socket:
    """Our end of the line to the forking program, which ends when we do."""
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
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children leave no zombies
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever started us; then we end too
    line = socket.socket(fileno=0)
    while True:
        word, descriptors, _, _ = socket.recv_fds(line, 1, 1)
        if not word:
            return
        with socket.socket(fileno=descriptors[0]) as conversation:
            if os.fork() == 0:
                line.close()
                _answer(conversation)
                os._exit(0)


def _answer(conversation: socket.socket) -> None:
    _limit_resources()
    with conversation.makefile("rb") as stream:
        megapixels, length = HEADER.unpack(stream.read(HEADER.size))
        data = stream.read(length)
    try:
        decoded = read(data, megapixels)
        head = {"width": decoded.width, "height": decoded.height, "bytes": len(decoded.photo)}
        text = json.dumps(head | {"dhash": decoded.dhash.hex(), "mirror": decoded.mirror.hex()}).encode()
        parts = [text, decoded.photo, decoded.view]
    except BadPhoto as error:
        text = json.dumps({"code": error.code, "message": error.message, "hint": error.hint}).encode()
        parts = [text]
    for part in [ANSWER.pack(sum(map(len, parts)), len(text)), *parts]:
        conversation.sendall(part)


def _limit_resources() -> None:
    signal.alarm(SECONDS)  # its default action ends the process, whatever C code it is in
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # macOS accepts the call and ignores the limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    _fork_for_each()
