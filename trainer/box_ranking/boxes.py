"""Fit the box head on people's answers, and score the proposals that wait for an answer by it."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from db.box_thresholds import box_level, box_thresholds
from db.models import BOXES_RANKED, Event, Face, Photo, Run
from trainer.arrays import Float32Array
from trainer.box_ranking import box_head
from trainer.box_ranking.box_head import BoxHead, DetectorOutputs, FittedBoxHead, Scores
from trainer.features import networks
from trainer.features.feature_store import BOX_HEAD_VIEWS, FeatureRequest, features_of

PHOTOS_PER_BATCH = 300
"""Photos whose boxes are scored in one transaction."""
MAX_ANSWERS = 3_000
"""The head learns from this many of the newest answers: more need memory and do not rank better."""


def train_box_head(session: Session, run_id: int) -> None:
    """Fit the box head on the answers, store it with the run, and score all waiting proposals. Commits.

    Safe to run twice. Does nothing if the run is gone or the answers are too few.
    """
    run = session.get(Run, run_id)
    if run is None:
        return
    faces = session.scalars(_answered().order_by(Face.id.desc()).limit(MAX_ANSWERS)).all()
    if not box_head.enough_answers(np.array([face.state == "confirmed" for face in faces], bool)):
        return  # before anything is computed
    faces, rows = _rows(session, faces)
    fitted = _fit(faces, rows)
    if fitted is None:
        return
    run.box_head = fitted.head.as_dict()
    # Out of fold, because the report on the detector measures the head by these probabilities.
    probabilities = _face_probabilities(fitted.out_of_fold, faces)
    updates = [
        {"id": face.id, "face_probability": p}
        for face, p in zip(faces, probabilities, strict=True)
        if face.source == "mtcnn"
    ]
    if updates:  # without parameters this would update every row
        session.execute(update(Face), updates)
    session.commit()
    score_proposals(session, rescore=True)


def score_proposals(session: Session, *, rescore: bool) -> None:
    """Give waiting proposals their face probability and level by the newest head. Commits batch by batch.

    `rescore` includes those that have a probability, for when the head or the thresholds have changed.
    """
    query = _waiting() if rescore else _waiting().where(Face.face_probability.is_(None))
    photos = session.scalars(query.with_only_columns(Face.photo_id).distinct().order_by(Face.photo_id)).all()
    newest = select(Run.box_head).where(Run.box_head.is_not(None)).order_by(Run.id.desc()).limit(1)
    saved = session.scalar(newest) if photos else None
    if not saved:
        return
    head, thresholds = BoxHead.from_dict(saved), box_thresholds(session)
    before = _count_shown(session)
    for start in range(0, len(photos), PHOTOS_PER_BATCH):
        here = Face.photo_id.in_(photos[start : start + PHOTOS_PER_BATCH])
        faces, rows = _rows(session, session.scalars(query.where(here)).all())
        confirmed = session.scalars(_answered().where(here, Face.state == "confirmed")).all()
        scores = np.concatenate([head.scores(rows), np.full(len(confirmed), np.inf)])
        updates = [
            {"id": face.id, "face_probability": p, **box_level(face.confidence or 0.0, p, thresholds).columns}
            for face, p in zip(faces, _face_probabilities(scores, [*faces, *confirmed]), strict=False)
        ]
        if updates:
            session.execute(update(Face), updates)
        session.commit()
    if rescore and (after := _count_shown(session)) != before:
        session.add(Event(kind=BOXES_RANKED, detail={"before": before, "after": after}))
        session.commit()


def _count_shown(session: Session) -> int:
    """The number of waiting proposals that are not hidden."""
    shown = _waiting().where(Face.hidden.is_(False)).with_only_columns(func.count(Face.id))
    return session.scalar(shown) or 0


def _answered() -> Select[Face]:
    """Confirmed and rejected boxes, drawn ones included, that people do not disagree about."""
    query = select(Face).join(Photo).where(Photo.status == "ready", Face.disputed.is_(False))
    return query.where(Face.state.in_(("confirmed", "rejected")))


def _waiting() -> Select[Face]:
    """Proposals of the detector that nobody has decided on."""
    query = select(Face).join(Photo).where(Photo.status == "ready", Face.state == "proposed")
    return query.where(Face.source == "mtcnn", Face.decided_at.is_(None))


def _fit(faces: Sequence[Face], rows: Float32Array) -> FittedBoxHead | None:
    is_face = np.array([face.state == "confirmed" for face in faces], bool)
    drawn = np.array([face.source != "mtcnn" for face in faces], bool)
    return box_head.fit(rows, is_face, np.array([face.photo_id for face in faces], np.int64), drawn)


def _rows(session: Session, faces: Sequence[Face]) -> tuple[list[Face], Float32Array]:
    """The faces that still exist, and their rows (n, 5125) for the head."""
    requests = [FeatureRequest(face.id, 0, for_box_head=True) for face in faces]
    features = features_of(session, networks.shared(), requests)
    gone = features.missing()
    existing = [face for face in faces if face.id not in gone]
    views = [features.take([(face.id, view) for face in existing]) for view in BOX_HEAD_VIEWS]
    return existing, box_head.inputs(views, _detector_outputs(existing))


def _face_probabilities(scores: Scores, faces: Sequence[Face]) -> list[float]:
    """Probabilities of log-odds (n,), lower for boxes that overlap a better one."""
    boxes, photos = np.array([face.box for face in faces], float), np.array([face.photo_id for face in faces])
    probabilities = box_head.probabilities(box_head.penalise_overlaps(scores, boxes, photos))
    return [float(p) for p in probabilities]


def _detector_outputs(faces: Sequence[Face]) -> DetectorOutputs:
    sizes = [np.sqrt(face.w * face.h) / max(face.photo.width, face.photo.height) for face in faces]
    return DetectorOutputs(
        np.array([face.confidence or 0.5 for face in faces], float),
        np.array(
            [np.nan if face.other_pass_confidence is None else face.other_pass_confidence for face in faces],
            float,
        ),
        np.array(sizes, float),
        np.array([box_head.eye_angle(face.keypoints) for face in faces], float),
    )
