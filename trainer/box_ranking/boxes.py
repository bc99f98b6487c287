"""What people said of boxes, learned by the box head; what it says of the boxes that wait."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from db.box_thresholds import box_level, box_thresholds
from db.models import Face, Photo, Run
from trainer.arrays import Float32Array
from trainer.box_ranking import box_head
from trainer.box_ranking.box_head import BoxHead, Fitted, Scores, Told
from trainer.features import networks
from trainer.features.feature_store import WITHIN, FeatureRequest, features_of

AT_ONCE = 300
"""Photos whose boxes are weighed together."""
MAX_ANSWERS = 3_000
"""Newest answers that the head learns from: more change nothing, and need memory."""


def learn(session: Session, run_id: int) -> None:
    """Fit the box head on all answers, keep it with the run, and weigh what waits. Safe to run twice."""
    run = session.get(Run, run_id)
    if run is None:
        return
    faces = session.scalars(_answered().order_by(Face.id.desc()).limit(MAX_ANSWERS)).all()
    if not box_head.enough(np.array([face.state == "confirmed" for face in faces], bool)):
        return  # before anything is computed
    faces, rows = _rows(session, faces)
    fitted = _fit(faces, rows)
    if fitted is None:
        return
    run.box_head = fitted.head.as_dict()
    # Of what it learned from it must not judge by itself: the report on the detector is made of these.
    judged = [
        {"id": face.id, "face_probability": p}
        for face, p in zip(faces, _chances(fitted.out_of_fold, faces), strict=True)
        if face.source == "mtcnn"
    ]
    if judged:  # an update with nothing to set would be one of all rows
        session.execute(update(Face), judged)
    session.commit()
    weigh(session, again=True)


def weigh(session: Session, *, again: bool) -> None:
    """By the newest head, give proposals that wait their chance, and where they are shown. Commits.

    `again`: also those that have one, since the head or the thresholds are others now.
    """
    query = _waiting() if again else _waiting().where(Face.face_probability.is_(None))
    photos = session.scalars(query.with_only_columns(Face.photo_id).distinct().order_by(Face.photo_id)).all()
    newest = select(Run.box_head).where(Run.box_head.is_not(None)).order_by(Run.id.desc()).limit(1)
    saved = session.scalar(newest) if photos else None
    if not saved:
        return
    head, thresholds = BoxHead.from_dict(saved), box_thresholds(session)
    for start in range(0, len(photos), AT_ONCE):
        here = Face.photo_id.in_(photos[start : start + AT_ONCE])
        faces, rows = _rows(session, session.scalars(query.where(here)).all())
        certain = session.scalars(_answered().where(here, Face.state == "confirmed")).all()
        scores = np.concatenate([head.scores(rows), np.full(len(certain), np.inf)])
        weighed = [
            {"id": face.id, "face_probability": p, **box_level(face.confidence or 0.0, p, thresholds).columns}
            for face, p in zip(faces, _chances(scores, [*faces, *certain]), strict=False)
        ]
        if weighed:
            session.execute(update(Face), weighed)
        session.commit()


def _answered() -> Select[Face]:
    """Boxes on which people agree: confirmed, rejected, drawn."""
    query = select(Face).join(Photo).where(Photo.status == "ready", Face.disputed.is_(False))
    return query.where(Face.state.in_(("confirmed", "rejected")))


def _waiting() -> Select[Face]:
    query = select(Face).join(Photo).where(Photo.status == "ready", Face.state == "proposed")
    return query.where(Face.source == "mtcnn", Face.decided_at.is_(None))


def _fit(faces: Sequence[Face], rows: Float32Array) -> Fitted | None:
    is_face = np.array([face.state == "confirmed" for face in faces], bool)
    drawn = np.array([face.source != "mtcnn" for face in faces], bool)
    return box_head.fit(rows, is_face, np.array([face.photo_id for face in faces], np.int64), drawn)


def _rows(session: Session, faces: Sequence[Face]) -> tuple[list[Face], Float32Array]:
    """The faces that are still there, and what the head reads of each."""
    wanted = [FeatureRequest(face.id, 0, within=True) for face in faces]
    features = features_of(session, networks.shared(), wanted)
    gone = features.missing()
    there = [face for face in faces if face.id not in gone]
    views = [features.take([(face.id, view) for face in there]) for view in WITHIN]
    return there, box_head.inputs(views, _told(there))


def _chances(scores: Scores, faces: Sequence[Face]) -> list[float]:
    boxes, photos = np.array([face.box for face in faces], float), np.array([face.photo_id for face in faces])
    found: list[float] = box_head.chances(box_head.uncrowded(scores, boxes, photos)).tolist()
    return found


def _told(faces: Sequence[Face]) -> Told:
    sizes = [np.sqrt(face.w * face.h) / max(face.photo.width, face.photo.height) for face in faces]
    return Told(
        np.array([face.confidence or 0.5 for face in faces], float),
        np.array(
            [np.nan if face.confidence_again is None else face.confidence_again for face in faces], float
        ),
        np.array(sizes, float),
        np.array([box_head.tilt(face.keypoints) for face in faces], float),
    )
