"""What a detector is, and what it returns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from labeller.photos.box import Box
from labeller.photos.same_face import is_same_face

Picture = NDArray[np.uint8]
"""RGB pixels (height, width, 3)."""
KEYPOINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
"""The five points of a face. Left and right are those of the picture, not of the person."""


@dataclass(frozen=True)
class Detection:
    """`box` is (x, y, w, h) and `keypoints` {name: [x, y]} for KEYPOINTS, in pixels of the picture."""

    box: Box
    confidence: float
    keypoints: Mapping[str, list[float]]

    def moved(self, scale: float, right: float = 0.0, down: float = 0.0) -> "Detection":
        """The detection in a picture that is `scale` times as large, then shifted by pixels."""
        x, y, w, h = (value * scale for value in self.box)
        points = {name: [px * scale + right, py * scale + down] for name, (px, py) in self.keypoints.items()}
        return replace(self, box=(x + right, y + down, w, h), keypoints=points)


class Detector(Protocol):
    """A network that finds faces; each module of `labeller.detection.detectors` loads one."""

    name: str

    def detect(self, picture: Picture, longest: int | None = None) -> list[Detection]:
        """Faces in a picture.

        `longest` is the longest side in pixels at which to look; None: what the detector does best with.
        """
        ...


def distinct(detections: Iterable[Detection]) -> list[Detection]:
    """One detection for each face, most confident first."""
    kept: list[Detection] = []
    for one in sorted(detections, key=lambda one: -one.confidence):
        if not any(is_same_face(one.box, other.box) for other in kept):
            kept.append(one)
    return kept


def clipped(detection: Detection, picture: Picture) -> Detection | None:
    """The detection with its box inside the picture; None if less than a pixel of it is left."""
    (x, y, w, h), (height, width) = detection.box, picture.shape[:2]
    left, top, right, bottom = max(0.0, x), max(0.0, y), min(float(width), x + w), min(float(height), y + h)
    if right - left < 1 or bottom - top < 1:
        return None
    return replace(detection, box=(left, top, right - left, bottom - top))
