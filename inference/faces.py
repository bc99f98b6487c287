"""The faces in a photo that is not kept, by the same rule as on the pages."""

from typing import Any

from sqlalchemy.orm import Session

from db.box_thresholds import BoxLevel, box_level, box_thresholds
from db.predictions import PredictionPicture
from labeller.detection import detectors
from labeller.detection.photo_look import look_at_pixels
from labeller.detection.store_faces import rounded


def find_faces(session: Session, picture: PredictionPicture, width: int) -> list[dict[str, Any]]:
    """`box` in pixels of the photo, which is `width` pixels wide, and `confidence` of each likely face."""
    thresholds = box_thresholds(session)
    seen = look_at_pixels(detectors.first(), picture.view, width, lambda: picture.photo or b"")
    return [
        {"box": rounded(one.box), "confidence": one.confidence}
        for one in seen.detections
        if box_level(one.confidence, thresholds) is BoxLevel.LIKELY
    ]
