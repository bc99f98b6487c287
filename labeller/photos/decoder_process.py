"""The program that loads the decoders, and forks a child for each picture. See `decode`."""

import io
import json
import socket
import struct
from collections.abc import Callable
from typing import Any

from PIL import AvifImagePlugin, Image

from db import private_files
from labeller.errors import BadPhoto
from labeller.photos import annotate, cuts, sandbox
from labeller.photos.forker import serve
from labeller.photos.pixels import DAMAGED, FORMATS, read, read_pixels

SECONDS = 15
"""Time for one photo, waiting included; 50 megapixels take 4 seconds."""
MEMORY = 1200 << 20
"""Address space of a child in bytes; 50 megapixels as WebP, the worst case, need nearly all of it."""
REQUEST = struct.Struct("<IQ")
"""Header of a request: bytes of the JSON that follows, bytes of the file after it."""
RESPONSE = struct.Struct("<QI")
"""Header of a response: bytes that follow, bytes of the JSON with which they begin."""


def _load_decoders() -> None:
    """All that the children need, since they cannot open a file; none of it starts threads."""
    import pillow_heif

    Image.init()
    pillow_heif.register_heif_opener(thumbnails=False)
    pillow_heif.options.DECODE_THREADS = 1
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    for kind in FORMATS:  # each loads what it needs when it is first used
        file = io.BytesIO()
        Image.new("RGB", (32, 32)).save(file, kind)
        photo = read(file.getvalue(), 1, 90)
        cuts.smaller(photo.photo, 16)
        annotate.annotated(photo.photo, None, [annotate.Mark((4, 4, 20, 20), 0, "face")])
    Image.MAX_IMAGE_PIXELS = None  # `read` sets it each time; what is stored was within the limit once


def respond(connection: socket.socket) -> None:
    """Read a request, and answer it."""
    with connection.makefile("rb") as stream:
        length, size = REQUEST.unpack(stream.read(REQUEST.size))
        question, data = json.loads(stream.read(length)), stream.read(size)
    try:
        head, parts = _CALLS[question.pop("call")](data, **question)
    except BadPhoto as error:
        head, parts = {"code": error.code, "message": error.message, "hint": error.hint}, []
    text = json.dumps(head).encode()
    for part in [RESPONSE.pack(len(text) + sum(map(len, parts)), len(text)), text, *parts]:
        connection.sendall(part)


def _read(data: bytes, **arguments: int) -> tuple[dict[str, Any], list[bytes]]:
    decoded = read(data, **arguments)
    hashes = {"dhash": decoded.dhash.hex(), "mirror": decoded.mirror.hex()}
    head = {"width": decoded.width, "height": decoded.height, "bytes": len(decoded.photo)}
    return head | hashes, [decoded.photo, decoded.view]


def _pixels(data: bytes, **arguments: int) -> tuple[dict[str, Any], list[bytes]]:
    found = read_pixels(data, **arguments)
    head = {
        "width": found.width,
        "height": found.height,
        "size": found.size,
        "bytes": len(found.photo or b""),
    }
    return head, [found.photo or b"", found.view]


def _annotated(data: bytes, size: tuple[int, int] | None, marks: list[Any]) -> tuple[Any, list[bytes]]:
    return {}, [annotate.annotated(data, size, [annotate.Mark(*mark) for mark in marks])]


def _smaller(data: bytes, longest: int, square: cuts.Square | None) -> tuple[dict[str, Any], list[bytes]]:
    try:
        return {}, [cuts.smaller(data, longest, square)]
    except (OSError, ValueError, SyntaxError) as error:
        raise BadPhoto("photo_broken", "This photo is damaged or incomplete.", DAMAGED) from error


_CALLS: dict[str, Callable[..., tuple[dict[str, Any], list[bytes]]]] = {
    "read": _read,
    "pixels": _pixels,
    "smaller": _smaller,
    "annotated": _annotated,
}

if __name__ == "__main__":
    private_files.keep_private()
    _load_decoders()
    serve(sandbox.Limits(SECONDS, MEMORY, SECONDS), respond)
