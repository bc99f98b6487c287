"""Detectors for tests of what is made of their boxes: they find coloured squares, or what they are told."""

from collections.abc import Callable, Sequence

import numpy as np
from sqlalchemy.orm import Session

from db.models import Photo
from labeller.detection import proposals
from labeller.detection.detections import KEYPOINTS, Detection, Picture
from labeller.photos.box import Box
from labeller.uploads import intake
from tests.pictures import jpeg, portrait

RED = (200, 30, 30)
LEFT: Box = (40, 60, 50, 60)
RIGHT: Box = (200, 60, 50, 60)
BEHIND: Box = (300, 20, 20, 24)


def detection(box: Box, confidence: float = 0.9) -> Detection:
    x, y, w, h = box
    return Detection(box, confidence, {name: [x + w / 2, y + h / 2] for name in KEYPOINTS})


class SaysBoxes:
    """Finds the same boxes in every picture, and counts how often it was asked."""

    def __init__(self, name: str, boxes: Sequence[tuple[Box, float]]) -> None:
        self.name = name
        self.boxes = list(boxes)
        self.looks = 0

    def detect(self, picture: Picture, longest: int | None = None) -> list[Detection]:
        self.looks += 1
        return [detection(box, confidence) for box, confidence in self.boxes]


class FindsRed:
    """Finds one red square of `side` pixels, give or take a half, at the scale at which it looks."""

    name = "centerface"

    def __init__(self, side: float, confidence: float = 0.9) -> None:
        self.side, self.confidence = side, confidence
        self.sizes: list[tuple[int, ...]] = []

    def detect(self, picture: Picture, longest: int | None = None) -> list[Detection]:
        self.sizes.append((*picture.shape[:2], longest or 0))
        rows, columns = np.nonzero(np.abs(picture.astype(int) - RED).sum(axis=2) < 60)
        if not len(rows):
            return []
        x, y = int(columns.min()), int(rows.min())
        w, h = int(columns.max()) + 1 - x, int(rows.max()) + 1 - y
        scale = (longest or min(512, 2 * max(picture.shape[:2]))) / max(picture.shape[:2])
        fits = 0.5 * self.side <= max(w, h) * scale <= 1.5 * self.side
        return [detection((x, y, w, h), self.confidence)] if fits else []


Install = Callable[..., dict[str, SaysBoxes]]
"""Replaces the networks by stubs: `install(centerface=[(box, confidence), ...], mtcnn=[...])`."""


def proposed_photo(db: Session, seed: int = 1) -> Photo:
    """A photo that the first detector has looked at."""
    photo = intake.receive(db, jpeg(portrait(seed, False)), None).photo
    db.commit()
    proposals.propose_faces(db, photo.id, 0, "test")
    db.expire_all()
    return photo
