"""Decoding untrusted videos in a child process that is locked in, with limited memory and time.

Each pass has a child of its own, which reads the clip from an open file and sends what it makes of it piece
by piece: neither the clip nor its frames are ever in memory as a whole.
"""

import contextlib
import dataclasses
import json
import socket
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import structlog
from numpy.typing import NDArray

from inference.clips.protocol import HEADER, LENGTH, Limits, Wanted
from inference.errors import BadClip
from labeller.photos.forker import Forker

PATIENCE = 150.0
"""Seconds for which a child may be silent."""

log = structlog.get_logger()
_forker = Forker("inference.clips.decoder_process")


@dataclass(frozen=True)
class Frame:
    """A frame of a clip, reduced: its number, seconds since the first, and RGB pixels (height, width, 3)."""

    number: int
    seconds: float
    pixels: NDArray[np.uint8]


def sampled(clip: BinaryIO, limits: Limits) -> Iterator[Frame]:
    """Some frames a second, upright and reduced. Raises BadClip with a message for the sender."""
    with contextlib.closing(_call(clip, "sampled", limits)) as messages:
        for head, body in messages:
            pixels = np.frombuffer(body, np.uint8).reshape(head["shape"])
            yield Frame(head["number"], head["seconds"], pixels)


def cut_out(clip: BinaryIO, limits: Limits, wanted: Sequence[Wanted]) -> Iterator[bytes]:
    """The wanted frames, ascending by number, as JPEG files. Raises BadClip."""
    parts = [dataclasses.astuple(one) for one in wanted]
    with contextlib.closing(_call(clip, "cut_out", limits, wanted=parts)) as messages:
        for _, body in messages:
            yield body


def _call(
    clip: BinaryIO, name: str, limits: Limits, **arguments: Any
) -> Generator[tuple[dict[str, Any], bytes], None, None]:
    """The messages of a child: JSON and bytes of each. Raises BadClip."""
    question = json.dumps({"call": name, "limits": dataclasses.asdict(limits)} | arguments).encode()
    clip.seek(0)
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            _forker.hand_over(theirs.fileno(), clip.fileno())
        ours.settimeout(PATIENCE)
        try:
            ours.sendall(LENGTH.pack(len(question)) + question)
            with ours.makefile("rb") as stream:
                while (message := _read(stream)) is not None:
                    if "end" in message[0]:
                        return
                    if "code" in message[0]:
                        raise BadClip(**message[0])
                    yield message
        except OSError as error:
            log.warning("clip_decoder_silent", error=str(error))
    log.warning("clip_decoder_died")
    hint = "Send a shorter or smaller one, or photos."
    raise BadClip(
        "clip_unreadable", "This video could not be opened safely, or takes too long to open.", hint
    )


def _read(stream: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next message; None if the child ended before it had sent one."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    length, size = HEADER.unpack(header)
    text, body = stream.read(length), stream.read(size)
    return (json.loads(text), body) if len(text) == length and len(body) == size else None
