"""Detecting the faces of stored photos, and the boxes of one-off predictions."""

import secrets

import structlog
from sqlalchemy.orm import Session

from db import jobs, tasks
from db.box_thresholds import BoxLevel, box_level, box_thresholds
from db.models import Face, Photo, Prediction
from db.settings import settings
from db.storage import blobs
from labeller.answers.folder_import import record_folder_label
from labeller.detection.mtcnn import Detection
from labeller.detection.rendition import detect_in_rendition
from labeller.detection.single_face import pick_single_face
from labeller.photos.box import Box

log = structlog.get_logger()
_rng = secrets.SystemRandom()

LEASE_SECONDS = 30


def propose_faces(session: Session, photo_id: int, attempt: int, owner: str) -> None:
    """Detect the photo's faces and store them, if this attempt is still due. Safe to repeat and to kill."""
    if not jobs.claim(session, Photo, photo_id, attempt, jobs.Holder(owner, LEASE_SECONDS)):
        return
    photo = session.get(Photo, photo_id, populate_existing=True)
    if photo is None:  # deleted meanwhile
        return
    try:
        _propose(session, photo)
    except jobs.LostLease:
        log.info("photo_lease_lost", photo=photo_id)


def _propose(session: Session, photo: Photo) -> None:
    try:
        detections = _detect(photo)
        jobs.write(session, photo, 0, status="ready")
    except OSError as error:
        jobs.write(session, photo, 0, status="failed", error=f"The stored picture cannot be read: {error}")
        session.commit()
        return
    thresholds = box_thresholds(session)
    levels = [box_level(one.confidence, None, thresholds) for one in detections]
    faces = [_face(photo, one, level) for one, level in zip(detections, levels, strict=True)]
    session.add_all(faces)
    session.flush()
    if photo.folder_label and (index := pick_single_face(detections)) is not None:
        faces[index].opinions_wanted = 1  # the folder's answer is enough
        record_folder_label(session, faces[index], photo)
    tasks.enqueue_scoring(session)
    session.commit()


def detect_prediction(session: Session, prediction_id: int) -> None:
    """Store the likely boxes of a prediction's photo; the train worker adds the classes."""
    prediction = session.get(Prediction, prediction_id)
    if prediction is None or prediction.status != "queued":
        return
    thresholds = box_thresholds(session)
    prediction.faces = [
        {"box": _rounded(one.box), "confidence": one.confidence}
        for one in _detect(prediction)
        if box_level(one.confidence, None, thresholds) is BoxLevel.LIKELY
    ]
    prediction.status = "detected"
    tasks.enqueue_prediction_classification(session, prediction_id)
    session.commit()


def _detect(source: Photo | Prediction) -> list[Detection]:
    return detect_in_rendition(blobs().get(source.view_blob), source.width)


def _rounded(box: Box) -> list[float]:
    return [round(value, 1) for value in box]


def _face(photo: Photo, detection: Detection, level: BoxLevel) -> Face:
    x, y, w, h = box = _rounded(detection.box)
    return Face(
        photo_id=photo.id,
        x=x,
        y=y,
        w=w,
        h=h,
        proposed_box=box,
        source="mtcnn",
        confidence=detection.confidence,
        keypoints=detection.keypoints,
        other_pass_confidence=detection.other_pass_confidence,
        opinions_wanted=1 + (_rng.random() < settings().second_opinions),
        **level.columns,
    )
