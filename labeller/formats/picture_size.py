"""The upright size of a picture, from its header alone."""

import struct
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from labeller.formats.records import Size

ORIENTATION, SIDEWAYS = 0x0112, frozenset({5, 6, 7, 8})
LARGEST_EXIF = 1 << 20
CHUNKS = 100
"""Parts of a WebP that are looked at."""


def header_size(path: Path) -> Size | None:
    """Of a JPEG, PNG or WebP, whose headers are read in Python; None for others, which need native decoders.

    Nothing is decoded in this process: decoders of untrusted pictures run in a child.
    """
    try:
        with warnings.catch_warnings(action="ignore"), path.open("rb") as file:
            if file.read(16)[8:12] == b"WEBP":
                return _webp_size(file)
            with Image.open(path, formats=("JPEG", "PNG")) as picture:
                return _upright(picture.size, picture.getexif())
    except Exception:  # noqa: BLE001  a damaged header raises whatever it likes
        return None


def _upright(size: Size, exif: Image.Exif) -> Size:
    return size[::-1] if exif.get(ORIENTATION) in SIDEWAYS else size


def _webp_size(file: BinaryIO) -> Size | None:
    size, exif = None, Image.Exif()
    for name, length in _chunks(file):
        if name == b"EXIF" and length <= LARGEST_EXIF:
            exif.load(file.read(length))
        elif name == b"VP8X":
            across, down = struct.unpack_from("<4x3s3s", file.read(10))
            size = 1 + int.from_bytes(across, "little"), 1 + int.from_bytes(down, "little")
        elif name == b"VP8 " and size is None:
            width, height = struct.unpack_from("<HH", file.read(10), 6)
            size = width & 0x3FFF, height & 0x3FFF
        elif name == b"VP8L" and size is None:
            (bits,) = struct.unpack_from("<I", file.read(5), 1)
            size = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return _upright(size, exif) if size else None


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Name and length of each chunk, with the file at the first byte of its content."""
    at = 12
    for _ in range(CHUNKS):
        file.seek(at)
        head = file.read(8)
        if len(head) < 8:
            return
        length = int.from_bytes(head[4:], "little")
        yield head[:4], length
        at += 8 + length + length % 2
