"""A detector's look at a stored photo: from the picture files to boxes in pixels of the photo."""

import ctypes
import io
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from db.box_thresholds import default_thresholds
from labeller.detection.detections import Detection, Detector, Picture
from labeller.detection.look import Look, look

FULL_SCALE_PIXELS = 2048 * 2048
"""Pixels of the picture for a look at full scale: 12 megapixels would take three times as long."""


@dataclass(frozen=True)
class PhotoLook:
    """Detections in pixels of the photo, most confident first; degrees for `Photo.turn`; how long it took."""

    detections: list[Detection]
    turn: int
    seconds: float


def look_at_photo(
    detector: Detector, view: bytes, width: int, read_original: Callable[[], bytes]
) -> PhotoLook:
    """Look at a photo of `width` pixels. `view` is its rendition; the original is read only if that is not
    enough.

    Raises OSError if a picture cannot be read.
    """
    began = time.monotonic()
    result = look_at_pixels(detector, _pixels(view), width, read_original)
    release_memory()
    return PhotoLook(result.detections, result.turn, time.monotonic() - began)


def look_at_pixels(detector: Detector, view: Picture, width: int, read_original: Callable[[], bytes]) -> Look:
    """The same look at the pixels of the rendition, with detections in pixels of the photo."""
    scale = width / view.shape[1]
    likely = default_thresholds(detector.name).likely
    result = look(detector, view, likely, lambda: _full_scale(read_original()) if scale > 1 else None)
    return Look([one.moved(scale) for one in result.detections], result.turn)


def _pixels(rendition: bytes) -> Picture:
    with Image.open(io.BytesIO(rendition), formats=["JPEG"]) as picture:
        return np.asarray(picture.convert("RGB"))


def _full_scale(original: bytes) -> Picture:
    with Image.open(io.BytesIO(original), formats=["JPEG", "PNG", "WEBP"]) as picture:
        scale = min(1.0, (FULL_SCALE_PIXELS / (picture.width * picture.height)) ** 0.5)
        size = round(picture.width * scale), round(picture.height * scale)
        picture.draft("RGB", size)  # a JPEG is decoded no larger than needed
        return np.asarray(picture.convert("RGB").resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0))


def release_memory() -> None:
    """Return freed memory to the system: glibc would keep 0.2 GB of it for the next photo."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)
