"""What each detector sees in complete photos, against the boxes that people say are faces."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.box_thresholds import (
    BoxLevel,
    BoxThresholds,
    box_level,
    box_thresholds,
    default_thresholds,
    first_detector,
    other_detectors,
)
from db.face_rows import covers_ids
from db.models import DetectorPass, Face, Photo
from db.settings import settings
from labeller.answers.boxes import COMPLETE, MOST_PHOTOS, REAL_FACE
from labeller.photos.box import Box
from labeller.photos.same_face import merge
from labeller.reports.detector import EvaluatedBox

TOGETHER = ""
"""The name under which the merged boxes of all detectors are reported."""


@dataclass(frozen=True)
class Evaluated:
    """The boxes of one detector, or of all TOGETHER, on the complete photos that it has looked at.

    `photos` are (photo, group); `seconds` is the median time a photo, None if no time is known, of `timed`
    photos.
    """

    detector: str
    photos: list[tuple[int, int]]
    boxes: list[EvaluatedBox]
    seconds: float | None
    timed: int


@dataclass(frozen=True)
class _CompletePhoto:
    """A complete photo with its faces (whether each is real) and the passes over it by detector."""

    photo: Photo
    faces: list[tuple[Face, bool]]
    passes: dict[str, DetectorPass]


def evaluated_detectors(session: Session) -> list[Evaluated]:
    """All detectors TOGETHER, then each alone in the order of DETECTORS; without those that saw nothing."""
    complete = _complete_photos(session)
    thresholds = {name: default_thresholds(name) for name in settings().detectors}
    thresholds[first_detector()] = box_thresholds(session)
    together = [one for one in complete if first_detector() in one.passes]
    alone = {name: [one for one in complete if name in one.passes] for name in settings().detectors}
    by_name = {
        name: [_of_one(one, name, thresholds[name]) for one in photos] for name, photos in alone.items()
    }
    first = by_name[first_detector()]
    boxes = [box for one, own in zip(together, first, strict=True) for box in _merged(one, own, thresholds)]
    results = [Evaluated(TOGETHER, _keys(together), boxes, None, 0)]
    for name, photos in alone.items():
        own = [box for of_photo in by_name[name] for box in of_photo]
        times = [row.seconds for one in photos if (row := one.passes[name]).seconds is not None]
        results.append(
            Evaluated(name, _keys(photos), own, statistics.median(times) if times else None, len(times))
        )
    return [one for one in results if one.photos]


def _keys(photos: Iterable[_CompletePhoto]) -> list[tuple[int, int]]:
    return [(one.photo.id, one.photo.group_id) for one in photos]


def _complete_photos(session: Session) -> list[_CompletePhoto]:
    newest = select(Photo).where(COMPLETE).order_by(Photo.id.desc()).limit(MOST_PHOTOS)
    photos = {one.id: _CompletePhoto(one, [], {}) for one in session.scalars(newest)}
    faces = select(Face, REAL_FACE).join(Photo).where(covers_ids(Face.photo_id, list(photos)))
    for face, real in session.execute(faces.order_by(Face.id)):
        if face.photo_id in photos:
            photos[face.photo_id].faces.append((face, bool(real)))
    passes = select(DetectorPass).where(covers_ids(DetectorPass.photo_id, list(photos)))
    passes = passes.where(DetectorPass.boxes.is_not(None), DetectorPass.detector.in_(settings().detectors))
    for row in session.scalars(passes):
        if row.photo_id in photos:
            photos[row.photo_id].passes[row.detector] = row
    return list(photos.values())


def _of_one(complete: _CompletePhoto, detector: str, thresholds: BoxThresholds) -> list[EvaluatedBox]:
    """The real faces and the false boxes of one detector, as it would be if it decided alone."""
    detections = _detections(complete, detector)
    known = [face.box for face, _ in complete.faces]
    merged = merge(known, detections, thresholds, decides=True)
    confidence_of = {face: detections[i][1] for i, face in merged.confirmed.items()}
    evaluated = []
    for index, (face, real) in enumerate(complete.faces):
        confidence = confidence_of.get(index)
        level = BoxLevel.HIDDEN if confidence is None else box_level(confidence, thresholds)
        if real:
            evaluated.append(_real_face(complete, face, confidence, level))
        elif confidence is not None and (face.state == "rejected" or level < BoxLevel.LIKELY):
            evaluated.append(_false_box(complete, face.box, confidence, level))
    for i, level in merged.added.items():
        evaluated.append(_false_box(complete, *detections[i], level))
    return evaluated


def _merged(
    complete: _CompletePhoto, first: list[EvaluatedBox], thresholds: dict[str, BoxThresholds]
) -> list[EvaluatedBox]:
    """As the pages show them: the `first` detector's boxes decide, the others add unlikely ones."""
    evaluated = first
    known = [face.box for face, _ in complete.faces]
    known += [box for box, _ in _detections(complete, first_detector())]
    for name in other_detectors():
        detections = _detections(complete, name) if name in complete.passes else []
        sure = [one for one in detections if one[1] >= thresholds[name].alone]
        merged = merge(known, sure, thresholds[name], decides=False)
        confirmed = {complete.faces[k][0].id for k in merged.confirmed.values() if k < len(complete.faces)}
        evaluated = [
            replace(one, found=True, level=BoxLevel.UNLIKELY)
            if one.real and not one.found and one.face_id in confirmed
            else one
            for one in evaluated
        ]
        new = [sure[i][0] for i in merged.added]
        evaluated += [_false_box(complete, box, None, BoxLevel.UNLIKELY) for box in new]
        known += new
    return evaluated


def _detections(complete: _CompletePhoto, detector: str) -> list[tuple[Box, float]]:
    """Boxes and confidences of a pass."""
    return [((row[0], row[1], row[2], row[3]), row[4]) for row in complete.passes[detector].boxes or []]


def _real_face(
    complete: _CompletePhoto, face: Face, confidence: float | None, level: BoxLevel
) -> EvaluatedBox:
    box = _false_box(complete, face.box, confidence, level)
    return replace(box, face_id=face.id, real=True, label=face.label, found=confidence is not None)


def _false_box(complete: _CompletePhoto, box: Box, confidence: float | None, level: BoxLevel) -> EvaluatedBox:
    return EvaluatedBox(
        photo=complete.photo.id,
        group=complete.photo.group_id,
        month=complete.photo.created_at.strftime("%Y-%m"),
        face_id=None,
        real=False,
        label=None,
        side=min(box[2:]),
        found=True,
        score=confidence,
        level=level,
    )


def differences(evaluated: Sequence[Evaluated], limit: int) -> list[tuple[int, list[str]]]:
    """Ids of real faces that some detectors show and others do not, with the names of those that do."""
    alone = [one for one in evaluated if one.detector != TOGETHER]
    shown = {
        one.detector: {box.face_id: box.level > BoxLevel.HIDDEN for box in one.boxes if box.real}
        for one in alone
    }
    if len(shown) < 2:
        return []
    everywhere = set.intersection(*(set(faces) for faces in shown.values()))
    by_face = [
        (id, [name for name, faces in shown.items() if faces[id]]) for id in everywhere if id is not None
    ]
    return sorted((id, names) for id, names in by_face if 0 < len(names) < len(shown))[:limit]
