"""Looking at the frames of a clip: faces, their sharpness and what they look like."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from db.box_thresholds import default_thresholds
from inference.clips.decode import Frame
from inference.clips.people import Face, Floats
from labeller.detection import detectors
from labeller.detection.detections import Detection
from labeller.photos.box import Box
from trainer.arrays import unit
from trainer.features import networks

DETECTOR = "centerface"
LEAST_SIDE = 20
"""Pixels of the shorter side of a face, in a frame as it is looked at."""
COARSE_SIDE, PATCH_SIDE = 48, 24
"""Crops are compared in so few pixels, that a face is like itself from near and from afar, blurred or not. Of
pairs of crops of one picture 5 % are less alike than 0.70 at full size, and than 0.78 so."""
THUMB_SIDE = 272
"""Longest side of the grey copy of a frame that is kept, for its perceptual hash."""


@dataclass(frozen=True)
class SeenFrame:
    """A frame that was looked at: its number, seconds, (width, height), a grey copy and its faces.

    `doubtful` are boxes of what may be a face, or is a small one: they are not looked at closer.
    """

    number: int
    seconds: float
    size: tuple[int, int]
    thumb: NDArray[np.uint8]
    faces: list[Face]
    doubtful: list[Box]


@dataclass
class Looker:
    """The frames of a clip that have been looked at, by time."""

    frames: list[SeenFrame] = field(default_factory=list)

    def look(self, frame: Frame) -> None:
        height, width = frame.pixels.shape[:2]
        scale = min(1.0, THUMB_SIDE / max(width, height))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        grey = cv2.cvtColor(frame.pixels, cv2.COLOR_RGB2GRAY)
        thumb = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
        found = detectors.load(DETECTOR).detect(frame.pixels)
        likely = [one for one in found if _is_likely(one)]
        doubtful = [one.box for one in found if not _is_likely(one)]
        faces = _faces(frame, likely, len(self.frames))
        self.frames.append(SeenFrame(frame.number, frame.seconds, (width, height), thumb, faces, doubtful))


def _is_likely(found: Detection) -> bool:
    return found.confidence >= default_thresholds(DETECTOR).likely and min(found.box[2:]) >= LEAST_SIDE


def _faces(frame: Frame, found: Sequence[Detection], index: int) -> list[Face]:
    if not found:
        return []
    network = networks.shared()
    crops = np.stack([network.crop(frame.pixels, one.box) for one in found])
    features = unit(network.embedder(np.stack([_coarse(crop) for crop in crops])))
    greys = [np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.uint8) for crop in crops]
    patches = unit(np.stack([_patch(grey) for grey in greys]))
    return [
        Face(index, one.box, one.confidence, _sharpness(grey), features[i], patches[i])
        for i, (one, grey) in enumerate(zip(found, greys, strict=True))
    ]


def _coarse(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    small = cv2.resize(crop, (COARSE_SIDE, COARSE_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, crop.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _patch(grey: NDArray[np.uint8]) -> Floats:
    small = cv2.resize(grey, (PATCH_SIDE, PATCH_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(small - small.mean(), np.float32).ravel()


def _sharpness(grey: NDArray[np.uint8]) -> float:
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())
