"""Removing everything but the picture from a JPEG or WebP file without decoding it: no pixel changes."""

import re

START, END = b"\xff\xd8", b"\xff\xd9"
JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
"""The minimal JFIF header (T.871): version 1.1, no density, no thumbnail."""
ADOBE = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00"
"""An Adobe header without its last byte, the colour transform, which a decoder needs."""
PICTURE = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD})
"""Frame, Huffman tables, quantisation tables, restart interval (T.81, table B.1)."""
METADATA = frozenset({*range(0xE0, 0xF0), 0xFE})
SCAN = 0xDA
_NEXT_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])", re.DOTALL)


def webp(data: bytes) -> bytes | None:
    """The coded picture in the simple container; None if it has an alpha channel or several frames."""
    position = 12  # after "RIFF", the length, "WEBP"
    while len(head := data[position : position + 8]) == 8:
        length = int.from_bytes(head[4:], "little")
        body = data[position + 8 : position + 8 + length]
        if head[:4] in (b"VP8 ", b"VP8L"):
            chunk = head + body + bytes(length % 2)
            return b"RIFF" + (4 + len(chunk)).to_bytes(4, "little") + b"WEBP" + chunk
        if head[:4] in (b"ALPH", b"ANIM", b"ANMF"):
            return None
        position += 8 + length + length % 2
    return None


def jpeg(data: bytes) -> bytes | None:
    """The coded picture without application data, comments, and whatever follows its end.

    None if the file is incomplete or has an unusual structure: then it must be encoded again.
    """
    if data[:2] != START:
        return None
    kept: list[bytes] = []
    header, position = b"", 2
    while (match := _NEXT_MARKER.match(data, position)) is not None:
        marker, position = match[1][0], match.end()
        if marker == END[1]:
            return START + header + b"".join(kept) + END
        length = int.from_bytes(data[position : position + 2], "big")
        segment, position = data[position : position + length], position + length
        if length < 2 or len(segment) != length:
            return None
        if marker in METADATA:
            header = _colour_header(marker, segment) or header
        elif marker in PICTURE or marker == SCAN:
            kept.append(b"\xff" + bytes([marker]) + segment)
        else:
            return None
        if marker == SCAN:
            if (after := _NEXT_MARKER.search(data, position)) is None:
                return None
            kept.append(data[position : after.start()])
            position = after.start()
    return None


def _colour_header(marker: int, segment: bytes) -> bytes | None:
    """The header that keeps an application segment's colour coding; None if the segment has none."""
    if marker == 0xEE and segment[2:7] == b"Adobe" and len(segment) >= 14:
        return ADOBE + segment[13:14]
    return JFIF if marker == 0xE0 and segment[2:7] == b"JFIF\x00" else None
