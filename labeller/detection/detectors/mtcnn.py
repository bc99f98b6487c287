"""MTCNN (Zhang et al. 2016, "Joint Face Detection and Alignment Using Multi-task Cascaded Convolutional
Networks"), the detector of the tutorial: one plain pass with lower thresholds."""

import os
from typing import Any

import cv2

# oneDNN keeps memory for every new picture size: 160 photos peak at 1.15 GB with it, at 0.81 GB and
# a fifth faster without (benchmarks/detect.py). TensorFlow reads this when it is first imported.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

from mtcnn import MTCNN
from mtcnn.stages import StageONet, StagePNet, StageRNet

from db.wheel_files import find_wheel_file
from labeller.detection.detections import Detection, Picture, clipped

THRESHOLDS = {"threshold_pnet": 0.4, "threshold_rnet": 0.25, "threshold_onet": 0.2}
"""Low on purpose: people reject false detections."""
LONGEST_SIDE = 1024
MAX_MAGNIFICATION = 2.0
"""Small pictures are enlarged up to this factor: MTCNN misses faces of under 20 px."""
SMALLEST_SIDE = 24
"""MTCNN's first network sees 12 px; below twice that its pyramid is empty."""
AREA_BELOW = 0.5
"""Scale below which a picture is reduced by averaging pixels. Above it averaging blurs: of 431 masked faces
the proposals find 399 without it and 394 with it."""


class Mtcnn:
    """The three networks in memory, with TensorFlow: 350 MB, loaded in 4 s."""

    name = "mtcnn"

    def __init__(self) -> None:
        self._network = load_network()

    def detect(self, picture: Picture, longest: int | None = None) -> list[Detection]:
        """Faces in a picture, most confident first; see `Detector`."""
        height, width = picture.shape[:2]
        scale = min(MAX_MAGNIFICATION, (longest or LONGEST_SIDE) / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        if min(size) < SMALLEST_SIDE:
            return []
        method = cv2.INTER_AREA if scale < AREA_BELOW else cv2.INTER_LINEAR
        outputs = self._network.detect_faces(cv2.resize(picture, size, interpolation=method), **THRESHOLDS)
        detections = (clipped(_detection(output).moved(1 / scale), picture) for output in outputs)
        return sorted((one for one in detections if one is not None), key=lambda one: -one.confidence)


def load_network() -> Any:
    """The package's own detector, with its weights from the wheel."""
    stages = ((StagePNet, "pnet"), (StageRNet, "rnet"), (StageONet, "onet"))
    return MTCNN(stages=[stage(weights=_weights(name)) for stage, name in stages])


def _weights(name: str) -> str:
    """The whole path: a bare name is looked for in the working directory first, and unpickled there."""
    path = find_wheel_file("mtcnn", f"assets/weights/{name}.lz4")
    assert path is not None
    return str(path.resolve())


def load() -> Mtcnn:
    return Mtcnn()


def _detection(output: dict[str, Any]) -> Detection:
    x, y, w, h = (float(value) for value in output["box"])
    keypoints = {name: [float(px), float(py)] for name, (px, py) in output["keypoints"].items()}
    return Detection((x, y, w, h), float(output["confidence"]), keypoints)
