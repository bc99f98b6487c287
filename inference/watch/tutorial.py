"""The camera loop of the article of 2020, for comparison; every difference to ours is meant.

MTCNN with its defaults on every frame at full size; boxes without margin; frames in OpenCV's order of
colours, BGR, for a network that was trained on RGB, and scaled to [0, 1]; every face classified by Keras, one
by one; nothing is remembered from frame to frame.
"""

import tempfile
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from sqlalchemy.orm import Session

from db import signing
from db.classes import add_by_name
from db.models import Artifact, Run
from inference.watch.looks import Face
from labeller.detection.detections import Picture
from labeller.detection.detectors.mtcnn import load_network
from trainer.errors import NoModel
from trainer.features.crops import SIDE
from trainer.features.input_margin import TUTORIAL


class TutorialLook:
    """Every face of every frame counts as another one."""

    def __init__(self, session: Session, run: Run, names: tuple[str, ...]) -> None:
        """Raises NoModel if the run has no Keras file, and Tampered."""
        artifact = session.get(Artifact, (run.id, "keras"))
        if artifact is None:
            raise NoModel(
                "no_file", f"Run {run.id} has no Keras file.", "Train again, or choose another run."
            )
        self._names, self._detector = names, load_network()
        self._classifier = _keras_model(signing.read_verified(artifact))
        self._is_rescaled = str(run.backbone).endswith(TUTORIAL)
        """The file of the tutorial's recipe takes [-1, 1] like all, and rescales by itself."""
        self._last_id = 0

    def __call__(self, picture: Picture) -> list[Face]:
        frame, faces = np.ascontiguousarray(picture[:, :, ::-1]), []
        for found in self._detector.detect_faces(frame):
            x, y, w, h = (round(value) for value in found["box"])
            left, top, right, bottom = (
                max(0, x),
                max(0, y),
                min(x + w, frame.shape[1]),
                min(y + h, frame.shape[0]),
            )
            if right <= left or bottom <= top:
                continue
            crop = cv2.resize(frame[top:bottom, left:right], (SIDE, SIDE)).astype(np.float32) / 255
            row = self._classifier.predict(
                2 * crop[None] - 1 if self._is_rescaled else crop[None], verbose=0
            )[0]
            self._last_id += 1
            box = float(left), float(top), float(right - left), float(bottom - top)
            faces.append(Face(self._last_id, box, add_by_name(self._names, row.tolist())))
        return faces


def _keras_model(data: bytes) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(data)
        return keras.models.load_model(path, compile=False)
