"""Pixels are charged by the file's header, before they are decoded."""

import io
import threading

import pytest
from PIL import Image

from db.errors import Unavailable
from labeller.photos import pixel_budget
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
