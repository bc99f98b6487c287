"""What the program that decodes videos and those who ask it have in common."""

import struct
from dataclasses import dataclass

HEADER = struct.Struct("<IQ")
"""Of each message of a child: bytes of the JSON that follows, bytes after it."""
LENGTH = struct.Struct("<I")
"""Of a question: bytes of its JSON."""


@dataclass(frozen=True)
class Limits:
    """Of a video: seconds, and millions of pixels of a frame."""

    seconds: int
    megapixels: int


@dataclass(frozen=True)
class Wanted:
    """A frame by its number, and the part of it, (left, top, right, bottom) as shares, that is to be kept."""

    number: int
    part: tuple[float, float, float, float] | None = None
