"""From untrusted bytes to an upright sRGB picture without metadata. Runs in a child process, see `decode`."""

import io
import itertools
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from labeller.errors import ACCEPTED, BadPhoto, PhotoTooLarge
from labeller.photos import strip_metadata
from labeller.photos.video_kind import container_of

VIEW_SIDE = 1024
"""Longest side of the rendition that the detectors and the pages use."""
LEAST_STRIP_SIDE, LONGEST_STRIP_SIDE = 160, 16_384
"""Sides of the rendition of a strip: the shortest at least, and the longest at most."""
LEAST_SIDE = 20
"""Shortest side of a photo in pixels: a smaller one shows no face."""
TURNS = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
"""By degrees clockwise."""
REDUCING_GAP = 1.5
"""A picture over twice this much larger than the rendition is first reduced by averaging blocks of pixels:
a third of the time for 12 megapixels."""
HASH_SIDE = 16
FORMATS: tuple[str, ...] = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")
STILL_IN_PARTS = ("MPO", "HEIF")
"""Formats of phones whose further frames are gain maps, depth or a burst: the first one is the photo."""
SEND = f"Send an ordinary photo ({ACCEPTED})."
SEND_VIDEO = "Send it on the page Photos; a script sends it in parts, by PUT /api/v1/uploads/{sha256}/{part}."
DAMAGED = "It may not have been copied completely. Open it on your device to check, then send it again."


@dataclass(frozen=True)
class Decoded:
    """`photo` is a JPEG, PNG or WebP file, `view` a JPEG; the hashes have HASH_SIDE**2 bits."""

    photo: bytes
    view: bytes
    width: int
    height: int
    dhash: bytes
    mirror: bytes
    """The hash of the mirror image. It is not the reversed hash: equal neighbours count as darker."""

    @property
    def size(self) -> int:
        """The bytes that both files take."""
        return len(self.photo) + len(self.view)


@dataclass(frozen=True)
class Pixels:
    """The RGB pixels of a photo's rendition of `size` (width, height), and the photo as in `Decoded`; None if
    the rendition has all its pixels.
    """

    view: bytes
    size: tuple[int, int]
    photo: bytes | None
    width: int
    height: int


def read(data: bytes, max_megapixels: int, turn: int = 0, announced: int | None = None) -> Decoded:
    """Decode under limits, and turn clockwise by 0, 90, 180 or 270 degrees.

    `announced` is how many pixels whoever bounds their number took the file to have at most. Raises BadPhoto
    and PhotoTooLarge with a message for the sender.
    """
    with _in_words(data, max_megapixels):
        upright = _upright(data, turn, announced)
        view = upright.rendition()
        hashes = dhash(view), dhash(ImageOps.mirror(view))
        return Decoded(upright.photo(), _encoded(view, "JPEG", 88), *upright.size, *hashes)


def read_pixels(data: bytes, max_megapixels: int, announced: int | None = None) -> Pixels:
    """Decode under limits what a detector looks at. Raises as `read` does."""
    with _in_words(data, max_megapixels):
        upright = _upright(data, 0, announced)
        view = upright.rendition()
        photo = None if view.size == upright.size else upright.photo()
        return Pixels(view.tobytes(), view.size, photo, *upright.size)


@contextmanager
def _in_words(data: bytes, max_megapixels: int) -> Iterator[None]:
    """Set the limits, and raise BadPhoto and PhotoTooLarge for what the decoders raise."""
    warnings.simplefilter("ignore")  # about broken EXIF and the like, none of which is kept
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = max_megapixels * 1_000_000
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        hint = f"Send one of at most {max_megapixels} megapixels; phones' normal setting is fine."
        raise PhotoTooLarge("photo_too_large", "This picture has too many pixels.", hint) from error
    except UnidentifiedImageError as error:
        hint = SEND_VIDEO if container_of(data) else SEND
        raise BadPhoto("not_a_photo", _what_it_is(data), hint) from error
    except MemoryError as error:
        raise PhotoTooLarge("photo_too_large", "This picture needs too much memory to open.", SEND) from error
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError, struct.error) as error:
        raise BadPhoto("photo_broken", "This photo is damaged or incomplete.", DAMAGED) from error


@dataclass(frozen=True)
class _Upright:
    """A decoded photo: `plain` may have fewer pixels than its `size`, if `as_sent` is the file to keep."""

    plain: Image.Image
    size: tuple[int, int]
    kind: str
    as_sent: bytes | None

    def photo(self) -> bytes:
        return self.as_sent or _encoded(self.plain, self.kind)

    def rendition(self) -> Image.Image:
        size = _view_size(self.size)
        if size == self.plain.size:
            return self.plain
        return self.plain.resize(size, Image.Resampling.BICUBIC, reducing_gap=REDUCING_GAP)


def _upright(data: bytes, turn: int, announced: int | None) -> _Upright:
    picture = Image.open(io.BytesIO(data), formats=FORMATS)
    _check(picture)
    if announced is not None and picture.width * picture.height > announced:
        raise ValueError("its header is made to mislead")
    as_sent = _losslessly(picture, data) if not turn else None
    if as_sent is not None:
        picture = Image.open(io.BytesIO(as_sent), formats=["JPEG", "WEBP"])
    kind = "PNG" if picture.format == "PNG" else "JPEG"
    size = picture.size
    if as_sent is not None:  # only the rendition needs pixels: a JPEG is decoded no larger than that
        picture.draft("RGB", _view_size(size))
    picture.load()
    ImageOps.exif_transpose(picture, in_place=True)
    plain = _to_plain_rgb(picture.transpose(TURNS[turn]) if turn else picture)
    return _Upright(plain, size if as_sent is not None else plain.size, kind, as_sent)


def _check(picture: Image.Image) -> None:
    """Check the file's header, before any pixel is decoded. Raises BadPhoto."""
    if picture.width * picture.height > (Image.MAX_IMAGE_PIXELS or 0):
        raise Image.DecompressionBombError
    if getattr(picture, "n_frames", 1) > 1 and picture.format not in STILL_IN_PARTS:
        raise BadPhoto("photo_animated", "This is an animation, not a photo.", SEND)
    if min(picture.size) < LEAST_SIDE:
        raise BadPhoto("photo_too_small", "This picture is too small to show a face.", SEND)


def _losslessly(picture: Image.Image, data: bytes) -> bytes | None:
    """The file without its metadata, if the picture is upright and in sRGB; else None."""
    strip = {"JPEG": strip_metadata.jpeg, "MPO": strip_metadata.jpeg, "WEBP": strip_metadata.webp}.get(
        picture.format or ""
    )
    upright = picture.getexif().get(0x0112, 1) in (0, 1)
    if strip is None or picture.mode not in ("RGB", "L") or not upright:
        return None
    profile = picture.info.get("icc_profile")
    return strip(data) if profile is None or _is_srgb(profile) else None


def _is_srgb(profile: bytes) -> bool:
    try:
        return "srgb" in ImageCms.getProfileDescription(io.BytesIO(profile)).lower()
    except (ImageCms.PyCMSError, OSError):
        return True  # without a readable profile viewers assume sRGB


def view_scale(width: int, height: int) -> float:
    """The scale of a photo's rendition; small photos stay as they are."""
    short, long = sorted((width, height))
    return min(1.0, LONGEST_STRIP_SIDE / long, max(VIEW_SIDE / long, LEAST_STRIP_SIDE / short))


def _view_size(size: tuple[int, int]) -> tuple[int, int]:
    scale = view_scale(*size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _to_plain_rgb(picture: Image.Image) -> Image.Image:
    """A new 8-bit sRGB picture that has the pixels of `picture` and nothing else of it."""
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I"):  # 16 bits in 32: convert() alone would clip instead of scale
        picture = picture.convert("I").point(lambda value: value / 257).convert("L")
    elif picture.mode in ("P", "PA", "RGBa", "La"):
        picture = picture.convert("RGBA")
    if profile and picture.mode in ("RGB", "RGBA", "CMYK"):
        picture = _to_srgb(picture, profile)
    if "A" in picture.getbands() or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    fresh = Image.new("RGB", picture.size)
    fresh.paste(picture if picture.mode == "RGB" else picture.convert("RGB"))
    return fresh


def _to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, source, target, outputMode=mode) or picture
    except (ImageCms.PyCMSError, OSError):
        return picture  # keep a photo with a broken profile as it is


def _encoded(picture: Image.Image, kind: str, quality: int = 95) -> bytes:
    options = {"compress_level": 3} if kind == "PNG" else {"quality": quality, "subsampling": 0}
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def dhash(picture: Image.Image) -> bytes:
    """Difference hash: is each cell of a small grey copy brighter than its left neighbour?"""
    small = picture.convert("L").resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.LANCZOS)
    rows = (small.tobytes()[start : start + HASH_SIDE + 1] for start in range(0, 272, HASH_SIDE + 1))
    bits = "".join("1" if right > left else "0" for row in rows for left, right in itertools.pairwise(row))
    return int(bits, 2).to_bytes(HASH_SIDE**2 // 8, "big")


def _what_it_is(data: bytes) -> str:
    start = data[:256].lstrip().lower()
    kinds = [
        (data[:4] == b"GIF8", "This is a GIF, not a photo."),
        (data[4:8] == b"ftyp", "This file is a video, not a photo."),
        (data[:4] in (b"\x1aE\xdf\xa3", b"RIFF"), "This file is a video, not a photo."),
        (b"<svg" in start or start.startswith(b"<?xml"), "This is a drawing (SVG), not a photo."),
        (data[:4] == b"%PDF", "This is a PDF, not a photo."),
        (data[:4] == b"PK\x03\x04", "This is a ZIP archive, not a photo."),
    ]
    return next((text for hit, text in kinds if hit), "This file is not a photo, whatever its name says.")
