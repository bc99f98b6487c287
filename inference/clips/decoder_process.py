"""The program that loads the decoders of video, and forks a child for each clip. See `decode`."""

import io
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import av
import numpy as np
from PIL import Image

from db import private_files
from inference.clips import frames
from inference.clips.protocol import HEADER, LENGTH, Limits, Wanted
from inference.errors import BadClip
from labeller.photos import sandbox
from labeller.photos.forker import serve

CPU_SECONDS = 120
"""Of the processor for one pass over a clip; 30 seconds in 4K take about 60."""
LONGEST_SECONDS = 900
"""For one pass, waiting for whoever looks at the frames included."""
MEMORY = 3 << 30
"""Address space of a child in bytes, with what the libraries take of it."""


def _load_decoders() -> None:
    """All that the children need, since they cannot open a file."""
    av.logging.set_level(av.logging.PANIC)
    Image.init()
    picture = np.zeros((64, 64, 3), np.uint8)
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=2)
        stream.width = stream.height = 64
        for image in (picture, picture):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    limits = Limits(30, 1)
    for number, _, _ in list(frames.sampled(_again(file), limits)):
        list(frames.cut_out(_again(file), limits, [Wanted(number)]))


def _again(file: io.BytesIO) -> BinaryIO:
    file.seek(0)
    return file


def respond(connection: socket.socket, clip: BinaryIO) -> None:
    """Read a request, and send messages until all is said; the last one has the key `end` or `code`."""
    with connection.makefile("rb") as stream:
        (length,) = LENGTH.unpack(stream.read(LENGTH.size))
        question = json.loads(stream.read(length))
    limits = Limits(**question.pop("limits"))
    try:
        for head, body in _CALLS[question.pop("call")](clip, limits, **question):
            _send(connection, head, body)
        _send(connection, {"end": True})
    except BadClip as error:
        _send(connection, {"code": error.code, "message": error.message, "hint": error.hint})
    except MemoryError:
        message = "This video needs too much memory to open."
        _send(connection, {"code": "clip_too_large", "message": message, "hint": frames.SEND})
    except OSError:  # whoever asked is gone
        return


def _send(connection: socket.socket, head: dict[str, Any], body: bytes = b"") -> None:
    text = json.dumps(head).encode()
    connection.sendall(HEADER.pack(len(text), len(body)) + text)
    connection.sendall(body)


def _sampled(clip: BinaryIO, limits: Limits) -> Iterator[tuple[dict[str, Any], bytes]]:
    for number, seconds, pixels in frames.sampled(clip, limits):
        yield {"number": number, "seconds": seconds, "shape": pixels.shape}, pixels.tobytes()


def _cut_out(clip: BinaryIO, limits: Limits, wanted: list[Any]) -> Iterator[tuple[dict[str, Any], bytes]]:
    for jpeg in frames.cut_out(clip, limits, [Wanted(*one) for one in wanted]):
        yield {}, jpeg


_CALLS: dict[str, Callable[..., Iterator[tuple[dict[str, Any], bytes]]]] = {
    "sampled": _sampled,
    "cut_out": _cut_out,
}

if __name__ == "__main__":
    private_files.keep_private()
    _load_decoders()
    serve(sandbox.Limits(LONGEST_SECONDS, MEMORY, CPU_SECONDS), respond)
