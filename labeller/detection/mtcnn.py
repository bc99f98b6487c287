"""Detecting faces with MTCNN. The only module of this package that loads a network."""

import ctypes
import functools
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# oneDNN keeps memory for every new picture size: 160 photos peak at 1.15 GB with it, at 0.81 GB and
# a fifth faster without (benchmarks/detect.py). TensorFlow reads this when it is first imported.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

from mtcnn import MTCNN

from labeller.photos.box import Box

THRESHOLDS = {"threshold_pnet": 0.4, "threshold_rnet": 0.25, "threshold_onet": 0.2}
"""Low on purpose: people reject false detections, and the box head learns from that (ADR 13)."""
LONGEST_SIDE = 1024
MAX_MAGNIFICATION = 2.0
"""Small pictures are enlarged up to this factor: MTCNN misses faces of under 20 px."""
SMALLEST_SIDE = 24
"""MTCNN's first network sees 12 px; below twice that its pyramid is empty."""
SECOND_PASS_SCALE = 3 / 8
"""Scale of the second pass, mirrored, relative to the first. The two miss different faces: together they find
400 instead of 380 of 431 masked faces on 250 street scenes, for 1.4 times the time (benchmarks/boxes.py)."""
AREA_BELOW = 0.5
"""Scale below which a picture is reduced by averaging pixels. Above it averaging blurs: of 431 masked faces
the proposals find 399 without it and 394 with it."""
SAME_FACE = 0.5
"""Overlap (IoU) from which two detections are one face."""
CONFIDENT = 0.5
"""Confidence from which a face needs no third pass with a border."""
BORDER = 0.2
"""Replicated border of the third pass, for tight crops, relative to the longest side: of 80 masked crops 56
instead of 44 have exactly one face."""


@dataclass(frozen=True)
class Detection:
    """`box` is (x, y, w, h) and `keypoints` {name: [x, y]}, in pixels of the picture.

    `other_pass_confidence` is the lower confidence of another pass that found the same face, or None.
    """

    box: Box
    confidence: float
    keypoints: dict[str, list[float]]
    other_pass_confidence: float | None = None


def detect(image: NDArray[np.uint8]) -> list[Detection]:
    """Faces in an RGB picture (height, width, 3), most confident first."""
    height, width = image.shape[:2]
    if min(height, width) < SMALLEST_SIDE / MAX_MAGNIFICATION:
        return []
    scale = min(MAX_MAGNIFICATION, LONGEST_SIDE / max(height, width))
    detections = _distinct([*_pass(image, scale), *_mirrored_pass(image, scale * SECOND_PASS_SCALE)])
    if not any(one.confidence >= CONFIDENT for one in detections):
        border = round(BORDER * max(height, width))
        largest = LONGEST_SIDE / (max(height, width) + 2 * border)  # else twice the memory
        detections = _distinct([*detections, *_pass(image, min(1.0, scale, largest), border)])
    return detections


def _distinct(detections: Iterable[Detection]) -> list[Detection]:
    """One detection for each face, most confident first."""
    kept: list[Detection] = []
    for one in sorted(detections, key=lambda one: -one.confidence):
        same = next((i for i, other in enumerate(kept) if overlap(one.box, other.box) >= SAME_FACE), None)
        if same is None:
            kept.append(one)
        elif kept[same].other_pass_confidence is None:
            kept[same] = replace(kept[same], other_pass_confidence=one.confidence)
    return kept


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes (x, y, w, h)."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = one, other
    shared = max(0.0, min(ax + aw, bx + bw) - max(ax, bx)) * max(0.0, min(ay + ah, by + bh) - max(ay, by))
    return shared / (aw * ah + bw * bh - shared)


def _mirrored_pass(image: NDArray[np.uint8], scale: float) -> list[Detection]:
    """A pass over the mirror image, its detections mirrored back."""
    width = image.shape[1]
    opposite = {"left": "right", "right": "left"}

    def mirrored_back(one: Detection) -> Detection:
        x, y, w, h = one.box
        keypoints = {
            "_".join(opposite.get(part, part) for part in name.split("_")): [width - px, py]
            for name, (px, py) in one.keypoints.items()
        }
        return replace(one, box=(width - x - w, y, w, h), keypoints=keypoints)

    return [mirrored_back(one) for one in _pass(np.ascontiguousarray(image[:, ::-1]), scale)]


@functools.cache
def _network() -> MTCNN:
    return MTCNN()


def _pass(image: NDArray[np.uint8], scale: float, border: int = 0) -> list[Detection]:
    """One pass of MTCNN over the picture with a replicated border (pixels), scaled."""
    if border:
        image = cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_REPLICATE).astype(
            np.uint8
        )
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    if min(size) < SMALLEST_SIDE:
        return []
    method = cv2.INTER_AREA if scale < AREA_BELOW else cv2.INTER_LINEAR
    outputs = _network().detect_faces(cv2.resize(image, size, interpolation=method), **THRESHOLDS)
    inner = (image.shape[1] - 2 * border, image.shape[0] - 2 * border)
    detections = (_detection(one, scale, border, inner) for one in outputs)
    return [one for one in detections if one is not None]


def _detection(output: dict[str, Any], scale: float, border: int, size: tuple[int, int]) -> Detection | None:
    """MTCNN's output in pixels of the picture without its border, clipped; None if nothing is left."""
    x, y, w, h = (float(value) / scale for value in output["box"])
    left, top = max(0.0, x - border), max(0.0, y - border)
    right, bottom = min(float(size[0]), x - border + w), min(float(size[1]), y - border + h)
    if right - left < 1 or bottom - top < 1:
        return None
    keypoints = {
        name: [float(px) / scale - border, float(py) / scale - border]
        for name, (px, py) in output["keypoints"].items()
    }
    return Detection((left, top, right - left, bottom - top), float(output["confidence"]), keypoints)


def release_memory() -> None:
    """Return freed memory to the system: glibc would keep 0.2 GB of it for the next photo."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)
