"""MTCNN: where faces may be. The only module here that loads a network."""

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

# oneDNN keeps memory for each new size of picture: 160 photos peak at 1.15 GB with it, at 0.81 GB and
# a fifth faster without (benchmarks/detect.py). TensorFlow reads this when it is first imported.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

from mtcnn import MTCNN

THRESHOLDS = {"threshold_pnet": 0.4, "threshold_rnet": 0.25, "threshold_onet": 0.2}
"""Low on purpose: a person is there to say no, and the box head learns from it (ADR 13)."""
LONGEST_SIDE = 1024
MAGNIFY = 2.0
"""Small pictures are enlarged so far before MTCNN looks: it misses faces of under 20 px."""
SMALLEST_SIDE = 24
"""MTCNN's first network sees 12 px; below twice that its pyramid is empty."""
AGAIN = 3 / 8
"""Scale of the second pass, mirrored, relative to the first. The two miss different faces: of 431 masked ones
on 250 street scenes 400 instead of 380, for 1.4 times the time (benchmarks/boxes.py)."""
HALF = 0.5
"""Scale below which pixels are averaged when a picture is made smaller; above it that blurs: of 431 masked
faces all proposals reach 399 without and 394 with it."""
SAME = 0.5
"""Overlap (IoU) from which two findings are one face."""
SURE = 0.5
BORDER = 0.2
"""Replicated border of the second look at tight crops: of 80 masked ones 56 instead of 44 have exactly
one face."""


Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Detection:
    """`box` is (x, y, w, h) and `keypoints` {name: [x, y]} in pixels of the picture that was given.

    `again`: the lower confidence of another pass that found the same face.
    """

    box: Box
    confidence: float
    keypoints: dict[str, list[float]]
    again: float | None = None


def detect(image: NDArray[np.uint8]) -> list[Detection]:
    """Proposed faces in an RGB picture (height, width, 3), most confident first."""
    height, width = image.shape[:2]
    if min(height, width) < SMALLEST_SIDE / MAGNIFY:
        return []
    scale = min(MAGNIFY, LONGEST_SIDE / max(height, width))
    found = _distinct([*_look(image, scale), *_mirrored(image, scale * AGAIN)])
    if not any(one.confidence >= SURE for one in found):
        border = round(BORDER * max(height, width))
        fits = LONGEST_SIDE / (max(height, width) + 2 * border)  # or a large photo costs twice the memory
        found = _distinct([*found, *_look(image, min(1.0, scale, fits), border)])
    return found


def _distinct(found: Iterable[Detection]) -> list[Detection]:
    """One finding for each face, most confident first."""
    kept: list[Detection] = []
    for one in sorted(found, key=lambda one: -one.confidence):
        same = next((i for i, other in enumerate(kept) if overlap(one.box, other.box) >= SAME), None)
        if same is None:
            kept.append(one)
        elif kept[same].again is None:
            kept[same] = replace(kept[same], again=one.confidence)
    return kept


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes (x, y, w, h)."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = one, other
    shared = max(0.0, min(ax + aw, bx + bw) - max(ax, bx)) * max(0.0, min(ay + ah, by + bh) - max(ay, by))
    return shared / (aw * ah + bw * bh - shared)


def _mirrored(image: NDArray[np.uint8], scale: float) -> list[Detection]:
    """A pass over the mirror image, its findings turned back."""
    width = image.shape[1]
    turned = {"left": "right", "right": "left"}

    def back(one: Detection) -> Detection:
        x, y, w, h = one.box
        points = {
            "_".join(turned.get(part, part) for part in name.split("_")): [width - px, py]
            for name, (px, py) in one.keypoints.items()
        }
        return replace(one, box=(width - x - w, y, w, h), keypoints=points)

    return [back(one) for one in _look(np.ascontiguousarray(image[:, ::-1]), scale)]


@functools.cache
def _network() -> MTCNN:
    return MTCNN()


def _look(image: NDArray[np.uint8], scale: float, border: int = 0) -> list[Detection]:
    """One pass of MTCNN over the picture with a replicated border (pixels), scaled."""
    if border:
        image = cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_REPLICATE).astype(
            np.uint8
        )
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    if min(size) < SMALLEST_SIDE:
        return []
    method = cv2.INTER_AREA if scale < HALF else cv2.INTER_LINEAR
    found = _network().detect_faces(cv2.resize(image, size, interpolation=method), **THRESHOLDS)
    inner = (image.shape[1] - 2 * border, image.shape[0] - 2 * border)
    placed = (_placed(one, scale, border, inner) for one in found)
    return [one for one in placed if one is not None]


def _placed(found: dict[str, Any], scale: float, border: int, size: tuple[int, int]) -> Detection | None:
    """The finding in pixels of the picture without its border, clipped; None when nothing is left."""
    x, y, w, h = (float(value) / scale for value in found["box"])
    left, top = max(0.0, x - border), max(0.0, y - border)
    right, bottom = min(float(size[0]), x - border + w), min(float(size[1]), y - border + h)
    if right - left < 1 or bottom - top < 1:
        return None
    points = {
        name: [float(px) / scale - border, float(py) / scale - border]
        for name, (px, py) in found["keypoints"].items()
    }
    return Detection((left, top, right - left, bottom - top), float(found["confidence"]), points)


def give_back_memory() -> None:
    """Return what the network freed to the system: glibc would keep 0.2 GB of it for the next photo."""
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)
