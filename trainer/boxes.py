"""What people said of boxes, learned by the box head; what it says of the boxes that wait."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from db.models import Face, Photo, Run
from trainer import box_head, networks
from trainer.box_head import BoxHead, Fitted, Told
from trainer.embed import WIDE, Features, Wanted, features_of
from trainer.levels import levels
from trainer.select import Array

AT_ONCE = 5000
LEARNED = 5_000
"""Newest answers that the head learns from: more change nothing, and need memory."""


def learn(session: Session, run_id: int) -> None:
    """Fit the box head on all answers, keep it with the run, and weigh what waits. Safe to run twice."""
    run = session.get(Run, run_id)
    if run is None:
        return
    faces = list(session.scalars(_answered().order_by(Face.id.desc()).limit(LEARNED)))
    fitted = _fit(session, faces)
    if fitted is None:
        return
    run.box_head = fitted.head.as_dict()
    # Of what it learned from it must not judge by itself: the report on the detector is made of these.
    judged = [
        {"id": face.id, "chance": p}
        for face, p in zip(faces, fitted.out_of_fold.tolist(), strict=True)
        if face.source == "mtcnn"
    ]
    session.execute(update(Face), judged)
    session.commit()
    weigh(session, fitted.head, again=True)


def weigh_new(session: Session) -> None:
    """Weigh proposals that came since the head was learned."""
    if (head := _newest(session)) is not None:
        weigh(session, head, again=False)


def weigh_all(session: Session) -> None:
    """Weigh all that wait anew: the owner moved the thresholds."""
    if (head := _newest(session)) is not None:
        weigh(session, head, again=True)


def _newest(session: Session) -> BoxHead | None:
    query = select(Run.box_head).where(Run.box_head.is_not(None)).order_by(Run.id.desc())
    saved = session.scalar(query.limit(1))
    return BoxHead.of(saved) if saved else None


def weigh(session: Session, head: BoxHead, *, again: bool) -> None:
    """Give proposals that wait their chance and where they are shown. `again`: also those that have one."""
    query = _waiting() if again else _waiting().where(Face.chance.is_(None))
    ids = list(session.scalars(query.with_only_columns(Face.id).order_by(Face.id)))
    likely, hidden = levels(session)
    for start in range(0, len(ids), AT_ONCE):
        faces = list(session.scalars(query.where(Face.id.in_(ids[start : start + AT_ONCE]))))
        chances = head.chances(_rows(session, faces)).tolist() if faces else []
        session.execute(
            update(Face),
            [
                {"id": face.id, "chance": p, "doubtful": p < likely, "hidden": p < hidden}
                for face, p in zip(faces, chances, strict=True)
            ],
        )
        session.commit()


def _answered() -> Select[Face]:
    """Boxes on which people agree: confirmed, rejected, drawn."""
    query = select(Face).join(Photo).where(Photo.status == "ready", Face.disputed.is_(False))
    return query.where(Face.state.in_(("confirmed", "rejected")))


def _waiting() -> Select[Face]:
    query = select(Face).join(Photo).where(Photo.status == "ready", Face.state == "proposed")
    return query.where(Face.source == "mtcnn", Face.decided_at.is_(None))


def _fit(session: Session, faces: Sequence[Face]) -> Fitted | None:
    is_face = np.array([face.state == "confirmed" for face in faces], bool)
    drawn = np.array([face.source != "mtcnn" for face in faces], bool)
    if not box_head.enough(is_face):
        return None
    photos = np.array([face.photo_id for face in faces], np.int64)
    return box_head.fit(_rows(session, faces), is_face, photos, drawn)


def _rows(session: Session, faces: Sequence[Face]) -> Array:
    features = features_of(session, networks.shared(), [Wanted(face.id, 1, wide=True) for face in faces])
    return box_head.inputs(_view(features, faces, 0), _view(features, faces, WIDE), _told(faces))


def _view(features: Features, faces: Sequence[Face], view: int) -> NDArray[np.float16]:
    return features.take([(face.id, view) for face in faces])


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
