"""Detecting the faces of a photo in its small rendition."""

import io
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from labeller.detection.mtcnn import Detection, detect, release_memory


def detect_in_rendition(rendition: bytes, width: int) -> list[Detection]:
    """Faces in a JPEG rendition, in pixels of the upright photo that is `width` pixels wide."""
    pixels = _pixels(rendition)
    scale = width / pixels.shape[1]
    detections = [_scaled(one, scale) for one in detect(pixels)]
    release_memory()
    return detections


def _pixels(rendition: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(rendition), formats=["JPEG"]) as picture:
        return np.asarray(picture.convert("RGB"))


def _scaled(detection: Detection, scale: float) -> Detection:
    x, y, w, h = (value * scale for value in detection.box)
    keypoints = {name: [px * scale, py * scale] for name, (px, py) in detection.keypoints.items()}
    return replace(detection, box=(x, y, w, h), keypoints=keypoints)
