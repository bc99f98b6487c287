"""Turning untrusted bytes into an upright sRGB photo without metadata, in a child process.

The parent calls `decode`; the child is this module run as a program, with a memory and a time limit of
its own, so that a decompression bomb or a decoder bug ends the child and not the workbench.
"""

import io
import json
import struct
import subprocess
import sys
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import structlog

from labeller.errors import ACCEPTED, BadPhoto, PhotoTooLarge

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

VIEW_SIDE = 1024
"""Longest side of the rendition that MTCNN and the pages use (DESIGN 3: 0.35 s and under 0.8 GB)."""
SECONDS = 20
MEMORY = 2 << 30
"""Address space of the child: 50 MP cost 150 MB a copy, and HEIF holds three."""
HASH_SIDE = 16
FORMATS: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "AVIF")
"""And HEIF, whose decoder is loaded only for a file that looks like one."""
STILL_IN_PARTS = ("MPO", "HEIF")
"""Formats whose further frames are gain maps, depth or bursts of phones: the first is the photo."""

log = structlog.get_logger()
_children = threading.Semaphore(2)  # bounds the memory of many uploads at once


@dataclass(frozen=True)
class Decoded:
    """`photo` and `view` are JPEG bytes; `dhash` has HASH_SIDE**2 bits."""

    photo: bytes
    view: bytes
    width: int
    height: int
    dhash: bytes


def decode(data: bytes, max_megapixels: int) -> Decoded:
    """Decode `data` in a child. Raises BadPhoto or PhotoTooLarge with words for the sender."""
    command = [sys.executable, "-m", "labeller.decode", str(max_megapixels)]
    root = Path(__file__).parent.parent
    with _children:
        try:
            done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS, cwd=root)
        except subprocess.TimeoutExpired as error:
            raise BadPhoto("photo_too_slow", "This picture takes too long to open.", _SEND) from error
    if done.returncode == 3:
        _refuse(**json.loads(done.stdout))
    if done.returncode != 0:
        log.warning("decoder_died", code=done.returncode, said=done.stderr[-500:].decode(errors="replace"))
        raise BadPhoto("photo_unreadable", "This picture could not be opened safely.", _SEND)
    return _unpack(io.BytesIO(done.stdout))


_SEND = f"Send an ordinary photo ({ACCEPTED})."


def _refuse(code: str, message: str, hint: str) -> None:
    raise (PhotoTooLarge if code == "photo_too_large" else BadPhoto)(code, message, hint)


def _unpack(stream: IO[bytes]) -> Decoded:
    (length,) = struct.unpack("<I", stream.read(4))
    head = json.loads(stream.read(length))
    photo, view = stream.read(head["photo"]), stream.read(head["view"])
    return Decoded(photo, view, head["width"], head["height"], bytes.fromhex(head["dhash"]))


# --- the child ---------------------------------------------------------------------------------------


def _main(max_megapixels: int) -> None:
    _limit_resources()
    try:
        picture = _upright(sys.stdin.buffer.read(), max_megapixels)
        photo, view = _jpeg(picture, 92), _jpeg(_view(picture), 88)
    except BadPhoto as error:
        print(json.dumps({"code": error.code, "message": error.message, "hint": error.hint}))  # noqa: T201
        raise SystemExit(3) from error
    head = {"width": picture.width, "height": picture.height, "dhash": _dhash(picture).hex()}
    text = json.dumps(head | {"photo": len(photo), "view": len(view)}).encode()
    sys.stdout.buffer.write(struct.pack("<I", len(text)) + text + photo + view)


def _limit_resources() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    if sys.platform == "linux":  # macOS accepts the call and ignores the limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _upright(data: bytes, max_megapixels: int) -> "Picture":
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = max_megapixels * 1_000_000
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    formats = FORMATS
    if data[4:8] == b"ftyp":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
        formats += ("HEIF",)
    try:
        picture = Image.open(io.BytesIO(data), formats=formats)
        if picture.width * picture.height > Image.MAX_IMAGE_PIXELS:
            raise Image.DecompressionBombError
        if getattr(picture, "n_frames", 1) > 1 and picture.format not in STILL_IN_PARTS:
            raise BadPhoto("photo_animated", "This is an animation, not a photo.", _SEND)
        picture.load()
        return _plain_rgb(ImageOps.exif_transpose(picture))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        hint = f"Send one of at most {max_megapixels} megapixels; phones' normal setting is fine."
        raise PhotoTooLarge("photo_too_large", "This picture has too many pixels.", hint) from error
    except UnidentifiedImageError as error:
        raise BadPhoto("not_a_photo", _what_it_is(data), _SEND) from error
    except MemoryError as error:
        raise PhotoTooLarge(
            "photo_too_large", "This picture needs too much memory to open.", _SEND
        ) from error
    except (OSError, ValueError, SyntaxError, EOFError, struct.error) as error:
        hint = "It may not have been copied completely. Open it on your device to check, then send it again."
        raise BadPhoto("photo_broken", "This photo is damaged or incomplete.", hint) from error


def _plain_rgb(picture: "Picture") -> "Picture":
    """A fresh 8-bit sRGB picture that shares nothing but pixels with `picture`."""
    from PIL import Image, ImageCms

    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I"):  # 16 bits in 32; convert() alone would clip, not scale
        picture = picture.convert("I").point(lambda value: value / 257).convert("L")
    elif profile and picture.mode in ("RGB", "CMYK"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
            picture = converted or picture
        except (ImageCms.PyCMSError, OSError):
            picture = picture.convert("RGB")  # a broken profile is no reason to lose a photo
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    fresh = Image.new("RGB", picture.size)
    fresh.paste(picture.convert("RGB"))
    return fresh


def _view(picture: "Picture") -> "Picture":
    from PIL import Image

    view = picture.copy()
    view.thumbnail((VIEW_SIDE, VIEW_SIDE), Image.Resampling.LANCZOS)
    return view


def _jpeg(picture: "Picture", quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, subsampling=0, optimize=False)
    return out.getvalue()


def _dhash(picture: "Picture") -> bytes:
    """Difference hash: is each cell of a small grey copy brighter than its left neighbour?"""
    import numpy as np
    from PIL import Image

    small = picture.convert("L").resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.LANCZOS)
    grey = np.asarray(small, dtype=np.int16)
    return np.packbits(grey[:, 1:] > grey[:, :-1]).tobytes()


def _what_it_is(data: bytes) -> str:
    start = data[:256].lstrip().lower()
    kinds: list[tuple[Any, str]] = [
        (not data, "This file is empty."),
        (data[:4] == b"GIF8", "This is a GIF, not a photo."),
        (
            data[4:8] == b"ftyp" or data[:4] in (b"\x1aE\xdf\xa3", b"RIFF"),
            "This file is a video, not a photo.",
        ),
        (b"<svg" in start or start.startswith(b"<?xml"), "This is a drawing (SVG), not a photo."),
        (data[:4] == b"%PDF", "This is a PDF, not a photo."),
    ]
    return next((text for hit, text in kinds if hit), "This file is not a photo, whatever its name says.")


if __name__ == "__main__":
    _main(int(sys.argv[1]))
