"""Pixels are charged by the file's header, before they are decoded."""

import io
import struct
import threading
import zlib

import pytest
from PIL import Image

from db.errors import Unavailable
from labeller.errors import BadPhoto
from labeller.photos import pixel_budget
from labeller.photos.decode import decode
from labeller.photos.pixel_budget import announced_pixels, charged


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "exif": b"Exif\0\0" + bytes(500)}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"exif": b"Exif\0\0" + bytes(50)}),
    ],
)
def test_the_size_is_read_from_the_header(kind: str, options: dict[str, object]) -> None:
    out = io.BytesIO()
    Image.new("RGB", (321, 123)).save(out, kind, **options)
    assert announced_pixels(out.getvalue()) == 321 * 123
    for end in range(0, 40, 3):
        announced_pixels(out.getvalue()[:end])  # damaged files are for the decoder to refuse


def test_what_has_no_simple_header_counts_as_the_largest() -> None:
    assert announced_pixels(b"\0\0\0\x18ftypheic") is None


@pytest.mark.parametrize("filling", [b"\xff", b"\xff\xe0\x00\x02", b"\xff\xe0\x00\x00"])
def test_the_size_is_looked_for_at_the_beginning_alone(filling: bytes) -> None:
    """Looking through all of a large file would hold up everybody else for seconds."""
    size = b"\xff\xc0\x00\x11\x08" + struct.pack(">HH", 30, 20) + bytes(10)
    assert announced_pixels(b"\xff\xd8" + filling * 8 + size) == (600 if filling[-1] else None)
    assert announced_pixels(b"\xff\xd8" + filling * ((3 << 20) // len(filling)) + size) is None


def test_a_photo_larger_than_its_header_made_believe_is_refused() -> None:
    """Two headers of a PNG: the first is charged, the second would be decoded."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def header(side: int) -> bytes:
        return chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))

    side = 2000
    rows = chunk(b"IDAT", zlib.compress(bytes((side * 3 + 1) * side)))
    start, end = b"\x89PNG\r\n\x1a\n", rows + chunk(b"IEND", b"")
    assert decode(start + header(side) + end, 50).width == side
    with pytest.raises(BadPhoto) as refused:
        decode(start + header(20) + header(side) + end, 50)
    assert refused.value.code == "photo_broken"


def test_a_photo_whose_first_marker_stands_alone_counts_as_the_largest() -> None:
    """What follows such a marker is no length."""
    out = io.BytesIO()
    Image.new("RGB", (2000, 2000)).save(out, "JPEG")
    photo = out.getvalue()
    assert announced_pixels(photo[:2] + b"\xff\xd0" + photo[2:]) is None


def test_more_than_two_of_the_largest_wait_and_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixel_budget, "PATIENCE", 0.02)
    unknown = b"?"
    with charged(unknown, 50), charged(unknown, 50), pytest.raises(Unavailable), charged(unknown, 50):
        raise AssertionError("it was not refused")
    monkeypatch.setattr(pixel_budget, "PATIENCE", 10)
    came_in = threading.Event()

    def wait() -> None:
        with charged(unknown, 50):
            came_in.set()

    with charged(unknown, 50):
        with charged(unknown, 50):
            waiting = threading.Thread(target=wait)
            waiting.start()
        assert came_in.wait(10), "it goes on when one is done"
    waiting.join()
