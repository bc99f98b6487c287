"""Every format and colour a phone may send, upright and in sRGB; and what is kept as it was sent."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from labeller.photos import strip_metadata
from labeller.photos.decode import decode
from tests.hostile_files import KINDS, encode
from tests.pictures import jpeg, portrait

P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
SRGB = ((0.43607, 0.22249, 0.01392), (0.38515, 0.71687, 0.09708), (0.14307, 0.06061, 0.71410))
"""XYZ of red, green and blue, adapted to D50 (ICC's profile connection space)."""
GAMMA = 2.2


def profile(primaries: tuple[tuple[float, ...], ...] = P3) -> bytes:
    """A matrix profile (ICC.1:2001), as phones write it for Display P3."""

    def fixed(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(values: tuple[float, ...]) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(map(fixed, values))

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(GAMMA * 256)) + bytes(2)
    words = b"Wide\0"
    text = b"desc\0\0\0\0" + struct.pack(">I", len(words)) + words + bytes(78 + 3)
    tags = {b"desc": text, b"cprt": b"text\0\0\0\0none\0\0\0\0", b"wtpt": xyz((0.9642, 1.0, 0.8249))}
    tags |= dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(xyz, primaries), strict=True))
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    rest = b"\0\0\0\0\2\x10\0\0mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
    header = rest + fixed(0.9642) + fixed(1.0) + fixed(0.8249) + bytes(48)
    return struct.pack(">I", 4 + len(header) + len(table) + len(body)) + header + table + body


def in_srgb(colour: tuple[int, int, int]) -> list[int]:
    """The sRGB values of a colour given in P3, by the definition of both."""
    light = (np.array(colour) / 255) ** GAMMA @ np.array(P3) @ np.linalg.inv(np.array(SRGB))
    light = np.clip(light, 0, 1)
    coded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return [round(value * 255) for value in coded]


def kept(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(decode(content, 50).photo)).convert("RGB")


COLOUR = (190, 90, 60)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("kind", KINDS)
def test_wide_gamut_colours_become_srgb(kind: str, mode: str) -> None:
    if mode == "RGBA" and kind == "JPEG":
        mode = "RGB"
    expected = in_srgb(COLOUR)
    assert max(abs(one - other) for one, other in zip(expected, COLOUR, strict=True)) > 10
    picture = Image.new("RGB", (64, 64), COLOUR).convert(mode)
    seen = kept(encode(picture, kind, icc_profile=profile(), quality=95)).getpixel((32, 32))
    assert seen == pytest.approx(expected, abs=4)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_every_orientation_is_applied(kind: str, orientation: int) -> None:
    """A picture whose top left corner is red, top right green, bottom left blue, as it should be seen."""
    upright = Image.new("RGB", (120, 80), "white")
    for colour, place in (("red", (0, 0)), ("lime", (100, 0)), ("blue", (0, 60))):
        upright.paste(colour, (*place, place[0] + 20, place[1] + 20))
    turn = Image.Transpose
    undo = {
        1: None, 2: turn.FLIP_LEFT_RIGHT, 3: turn.ROTATE_180, 4: turn.FLIP_TOP_BOTTOM,
        5: turn.TRANSPOSE, 6: turn.ROTATE_90, 7: turn.TRANSVERSE, 8: turn.ROTATE_270,
    }[orientation]  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = upright.transpose(undo) if undo is not None else upright
    picture = kept(encode(stored, kind, exif=exif.tobytes(), quality=95))
    assert picture.size == (120, 80)
    for expected, place in (((255, 0, 0), (10, 10)), ((0, 255, 0), (110, 10)), ((0, 0, 255), (10, 70))):
        assert picture.getpixel(place) == pytest.approx(expected, abs=30), place


def test_what_needs_no_change_keeps_every_pixel() -> None:
    picture = portrait(1, True)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for content in (
        jpeg(picture),
        jpeg(picture, progressive=True, icc_profile=srgb, comment=b"gone"),
        jpeg(picture.convert("L")),
        encode(picture, "PNG"),
        encode(picture, "WEBP", quality=80, xmp=b"gone"),
        encode(picture, "WEBP", lossless=True),
    ):
        sent = Image.open(io.BytesIO(content)).convert("RGB")
        assert kept(content).tobytes() == sent.tobytes()


def test_transparent_parts_are_seen_on_white() -> None:
    for kind in ("PNG", "WEBP", "HEIF", "AVIF"):
        glass = Image.new("RGBA", (64, 64), (200, 30, 30, 0))
        glass.paste((30, 60, 200, 255), (0, 0, 32, 64))
        seen = kept(encode(glass, kind, quality=95))
        assert seen.getpixel((50, 32)) == pytest.approx((255, 255, 255), abs=4), kind
        assert seen.getpixel((10, 32)) == pytest.approx((30, 60, 200), abs=12), kind


def test_a_jpeg_of_an_unusual_build_is_left_to_the_decoder() -> None:
    whole = jpeg(portrait(2, False))
    assert strip_metadata.jpeg(whole) is not None
    assert strip_metadata.jpeg(whole[:-2]) is None, "no end"
    assert strip_metadata.jpeg(b"GIF89a") is None
    assert strip_metadata.jpeg(whole[:2] + b"\xff\xdc\x00\x04\x00\x10" + whole[2:]) is None, (
        "an unknown segment"
    )
    assert strip_metadata.jpeg(whole[:2] + b"\xff\xe1\x00\x01" + whole[2:]) is None, (
        "a segment shorter than its length"
    )
    assert strip_metadata.jpeg(whole + b"PK\x03\x04 and more").endswith(b"\xff\xd9")
    assert strip_metadata.webp(encode(portrait(2, False).convert("RGBA"), "WEBP", lossless=True)) is not None
    assert strip_metadata.webp(b"RIFF\x04\0\0\0WEBP") is None


@pytest.mark.parametrize(
    ("size", "view"),
    [
        ((12_000, 220), (8727, 160)),
        ((220, 12_000), (160, 8727)),
        ((40_000, 60), (16_384, 25)),
        ((4000, 3000), (1024, 768)),
        ((300, 200), (300, 200)),
    ],
)
def test_a_strip_keeps_a_rendition_in_which_faces_can_be_seen(
    size: tuple[int, int], view: tuple[int, int]
) -> None:
    decoded = decode(jpeg(Image.new("RGB", size, (90, 120, 150))), 50)
    assert (decoded.width, decoded.height) == size
    assert Image.open(io.BytesIO(decoded.view)).size == view


def test_a_photo_is_turned_clockwise_after_its_own_orientation() -> None:
    photo = Image.new("RGB", (60, 40), (120, 120, 120))
    photo.paste((20, 20, 220), (0, 0, 20, 20))
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    decoded = decode(jpeg(photo, exif=exif, quality=95, subsampling=0), 50, 90)
    turned = Image.open(io.BytesIO(decoded.photo)).convert("RGB")
    assert turned.size == (40, 60)
    blue = [turned.getpixel(at) for at in ((5, 5), (35, 5), (35, 55), (5, 55))]
    assert [isinstance(pixel, tuple) and pixel[2] > 180 for pixel in blue] == [False, False, False, True]
