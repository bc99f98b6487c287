"""From a queued photo to proposed faces."""

import io
import secrets
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import structlog
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy.orm import Session

from db import jobs, tasks
from db.models import Face, Photo, Prediction
from db.settings import settings
from db.storage import blobs
from labeller.answers import record
from labeller.detection.mtcnn import Detection, detect, give_back_memory

log = structlog.get_logger()
_chance = secrets.SystemRandom()

LEASE_SECONDS = 30
LIKELY = 0.8
"""Confidence from which a proposal is offered among the first."""
HARDLY = 0.4
"""Below it nobody is shown a proposal, but for a sample, as long as no answers say what it is worth."""
PERHAPS = 0.5
DOMINANT = 4.0
"""A face dwarfs another when it has this many times its area. The author of a portrait fills it with the
face; a badge on the chest is smaller, even when MTCNN is surer of it than of the mask above."""


def propose_faces(session: Session, photo_id: int, attempt: int, owner: str) -> None:
    """Detect the photo's faces and store them; safe to run twice and to be killed anywhere."""
    if not jobs.claim(session, Photo, photo_id, attempt, owner, LEASE_SECONDS):
        return
    photo = session.get(Photo, photo_id, populate_existing=True)
    if photo is None:  # erased since
        return
    try:
        _propose(session, photo)
    except jobs.LostLease:
        log.info("photo_was_not_ours_any_more", photo=photo_id)


def _propose(session: Session, photo: Photo) -> None:
    try:
        found = _detect(photo)
        jobs.write(session, photo, 0, status="ready")
    except OSError as error:
        jobs.write(session, photo, 0, status="failed", error=f"The stored picture cannot be read: {error}")
        session.commit()
        return
    faces = [_face(photo, one) for one in found]
    session.add_all(faces)
    session.flush()
    if photo.folder_label and (index := obvious(found)) is not None:
        faces[index].wanted = 1  # its answer is there already
        record.label_by_folder(session, faces[index], photo)
    tasks.enqueue_scoring(session)
    session.commit()


def detect_prediction(session: Session, prediction_id: int) -> None:
    """First half of a prediction: boxes. The trainer's worker adds the classes."""
    prediction = session.get(Prediction, prediction_id)
    if prediction is None or prediction.status != "queued":
        return
    found = _detect(prediction)
    prediction.faces = [
        {"box": _whole(one.box), "confidence": one.confidence} for one in found if one.confidence >= LIKELY
    ]
    prediction.status = "detected"
    tasks.enqueue_prediction_classification(session, prediction_id)
    session.commit()


def obvious(found: Sequence[Detection]) -> int | None:
    """Which of the detections is the photo's single obvious face, if one is.

    It dwarfs every other that may be a face, or it is the only likely one and no other dwarfs it.
    """
    areas = {i: one.box[2] * one.box[3] for i, one in enumerate(found) if one.confidence >= PERHAPS}
    if not areas:
        return 0 if len(found) == 1 else None
    largest = max(areas, key=lambda i: areas[i])
    if all(areas[largest] >= DOMINANT * area for i, area in areas.items() if i != largest):
        return largest
    likely = [i for i in areas if found[i].confidence >= LIKELY]
    alone = len(likely) == 1 and areas[largest] < DOMINANT * areas[likely[0]]
    return likely[0] if alone else None


def _detect(source: Photo | Prediction) -> list[Detection]:
    """Detections in pixels of the upright photo, found on its rendition of at most 1024 px."""
    return detections(blobs().get(source.view_blob), source.width)


def detections(view: bytes, width: int) -> list[Detection]:
    """Detections in pixels of a photo `width` wide, found on its rendition of at most 1024 px (JPEG)."""
    pixels = _pixels(view)
    scale = width / pixels.shape[1]
    found = [_scaled(one, scale) for one in detect(pixels)]
    give_back_memory()
    return found


def _pixels(view: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(view), formats=["JPEG"]) as picture:
        return np.asarray(picture.convert("RGB"))


def _scaled(one: Detection, scale: float) -> Detection:
    x, y, w, h = (value * scale for value in one.box)
    points = {name: [px * scale, py * scale] for name, (px, py) in one.keypoints.items()}
    return replace(one, box=(x, y, w, h), keypoints=points)


def _whole(box: tuple[float, float, float, float]) -> list[float]:
    return [round(value, 1) for value in box]


def _face(photo: Photo, one: Detection) -> Face:
    x, y, w, h = box = _whole(one.box)
    return Face(
        photo_id=photo.id,
        x=x,
        y=y,
        w=w,
        h=h,
        proposed_box=box,
        source="mtcnn",
        confidence=one.confidence,
        keypoints=one.keypoints,
        confidence_again=one.again,
        doubtful=one.confidence < LIKELY,
        hidden=one.confidence < HARDLY,
        wanted=1 + (_chance.random() < settings().second_opinions),
    )
