"""Storing what a detector found in a photo as faces, merged with the faces that the photo has."""

import secrets
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.box_thresholds import (
    BoxLevel,
    BoxThresholds,
    box_level,
    box_thresholds,
    default_thresholds,
    first_detector,
)
from db.models import Face, Photo
from db.session import take_write_lock
from db.settings import settings
from labeller.detection import passes
from labeller.detection.detections import Detection
from labeller.detection.photo_look import PhotoLook
from labeller.photos.box import Box
from labeller.photos.same_face import merge

_rng = secrets.SystemRandom()


def record_look(session: Session, photo: Photo, detector: str, result: PhotoLook) -> list[Face | None]:
    """Add and confirm faces; returns the new face of each detection, or None. Does not commit.

    Faces of the photo keep their box, label and id. A photo that is complete gets no more boxes.
    """
    take_write_lock(session)
    if session.scalar(select(Photo.id).where(Photo.id == photo.id).with_for_update()) is None:
        return [None] * len(result.detections)  # erased meanwhile
    passes.store(session, photo.id, detector, result)
    faces = list(session.scalars(select(Face).where(Face.photo_id == photo.id).order_by(Face.id)))
    decides = detector == first_detector()
    if decides:
        session.execute(update(Photo).where(Photo.id == photo.id).values(turn=result.turn))
    thresholds = box_thresholds(session) if decides else default_thresholds(detector)
    detections = [(one.box, one.confidence) for one in result.detections]
    answered = [i for i, face in enumerate(faces) if not face.undecided]
    merged = merge([face.box for face in faces], detections, thresholds, decides=decides, answered=answered)
    for index, known in merged.confirmed.items():
        _confirm(faces[known], detector, result.detections[index])
    if decides:
        _set_levels(faces, detector, thresholds)
    levels = merged.added if photo.completed_at is None else {}
    added = {
        index: _face(photo, detector, result.detections[index], level) for index, level in levels.items()
    }
    session.add_all(added.values())
    session.flush()
    return [added.get(index) for index in range(len(result.detections))]


def _set_levels(faces: Sequence[Face], detector: str, thresholds: BoxThresholds) -> None:
    """Set the levels of the boxes that nobody has answered, now that the first detector has looked."""
    for face in faces:
        if not face.undecided:
            continue
        level = box_level(face.confidence or 0.0, thresholds)
        if face.source != detector:  # the first detector does not have it
            is_sure = (face.confidence or 0.0) >= default_thresholds(face.source).alone
            level = BoxLevel.UNLIKELY if is_sure else BoxLevel.HIDDEN
        for column, value in level.columns.items():
            setattr(face, column, value)


def rounded(box: Box) -> list[float]:
    """A box as it is stored."""
    return [round(value, 1) for value in box]


def _confirm(face: Face, detector: str, detection: Detection) -> None:
    """The detector found this face, too. The first detector's word on it replaces that of another one."""
    if face.source == detector:
        face.confidence = detection.confidence
        return
    others = {*face.confirmed_by, detector}
    if face.source != "human" and detector == first_detector():
        others = {*others, face.source} - {detector}
        face.source, face.confidence, face.keypoints = (
            detector,
            detection.confidence,
            dict(detection.keypoints),
        )
    face.confirmed_by = sorted(others)


def _face(photo: Photo, detector: str, detection: Detection, level: BoxLevel) -> Face:
    x, y, w, h = box = rounded(detection.box)
    return Face(
        photo_id=photo.id,
        x=x,
        y=y,
        w=w,
        h=h,
        proposed_box=box,
        source=detector,
        confidence=detection.confidence,
        keypoints=dict(detection.keypoints),
        opinions_wanted=1 + (_rng.random() < settings().second_opinions),
        **level.columns,
    )
