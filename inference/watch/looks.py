"""Looking at frames: which faces are in one, and what the model says of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from sqlalchemy.orm import Session

from db.box_thresholds import (
    BoxLevel,
    BoxThresholds,
    box_level,
    box_thresholds,
    default_thresholds,
    first_detector,
)
from db.classes import add_by_name
from inference.tracking import Tracker
from inference.watch.frames import Frame
from inference.watch.model import Model
from labeller.detection import detectors
from labeller.detection.detections import Detection, Picture
from labeller.detection.look import look
from trainer.arrays import Box

DETECTOR, LONGEST_SIDE = "yunet", 640
"""What finds the faces of a video, and at how many pixels of its longest side."""
PHOTO_SIDE, FULL_SIDE = 1024, 2048
"""Longest side at which a photo is looked at first, and in parts where that is not enough."""


@dataclass(frozen=True)
class Face:
    """A face in a frame: its track, its box (x, y, w, h) in pixels, and the probabilities by class."""

    track: int
    box: Box
    probabilities: dict[str, float]

    @property
    def label(self) -> str:
        return max(self.probabilities, key=self.probabilities.__getitem__)


@dataclass(frozen=True)
class Seen:
    """A frame, its number from 0, and the faces in it; `is_new` unless they are those of an earlier look."""

    frame: Frame
    number: int
    faces: list[Face]
    is_new: bool


class Looker(Protocol):
    """A way to look; it is called frame by frame."""

    def __call__(self, picture: Picture) -> list[Face]: ...


class VideoLook:
    """Follows the faces of a video: one is shown from the second look on in which it was found.

    One face is classified a look, the one whose last time is longest ago, and those that are shown for the
    first time.
    """

    def __init__(self, session: Session, model: Model) -> None:
        self._model, self._detector, self._tracker = model, detectors.load(DETECTOR), Tracker()
        self._thresholds = _thresholds(session, DETECTOR)

    def __call__(self, picture: Picture) -> list[Face]:
        detections = self._detector.detect(picture, LONGEST_SIDE)
        self._tracker.update(_likely(detections, self._thresholds))
        unknown = [track for track in self._tracker.shown if track.probabilities is None]
        due = self._tracker.due
        tracks = unknown + ([due] if due is not None and due not in unknown else [])
        if tracks:
            rows = self._model.classify(picture, [track.box for track in tracks])
            for track, row in zip(tracks, rows, strict=True):
                self._tracker.classified(track, row)
        return [
            Face(track.id, track.box, add_by_name(self._model.names, track.probabilities.tolist()))
            for track in self._tracker.shown
            if track.probabilities is not None
        ]


class PhotoLook:
    """Each photo on its own, looked at as those of the workbench are; every face has a number of its own."""

    def __init__(self, session: Session, model: Model) -> None:
        self._model, self._detector, self._last_id = model, detectors.first(), 0
        self._thresholds = box_thresholds(session)

    def __call__(self, picture: Picture) -> list[Face]:
        view = _reduced(picture, PHOTO_SIDE)
        scale = picture.shape[1] / view.shape[1]
        seen = look(
            self._detector,
            view,
            self._thresholds.likely,
            lambda: _reduced(picture, FULL_SIDE) if scale > 1 else None,
        )
        boxes = [one.moved(scale).box for one in _likely(seen.detections, self._thresholds)]
        first, self._last_id = self._last_id + 1, self._last_id + len(boxes)
        if not boxes:
            return []
        rows = self._model.classify(picture, boxes)
        return [
            Face(first + i, box, add_by_name(self._model.names, row.tolist()))
            for i, (box, row) in enumerate(zip(boxes, rows, strict=True))
        ]


def _reduced(picture: Picture, longest: int) -> Picture:
    scale = min(1.0, longest / max(picture.shape[:2]))
    size = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _likely(detections: Sequence[Detection], thresholds: BoxThresholds) -> list[Detection]:
    return [one for one in detections if box_level(one.confidence, thresholds) is BoxLevel.LIKELY]


def _thresholds(session: Session, detector: str) -> BoxThresholds:
    """The owner's, if they are of this detector."""
    return box_thresholds(session) if first_detector() == detector else default_thresholds(detector)
