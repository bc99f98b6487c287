"""Class probabilities for every face under a run, for the review queue and the pages."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import and_, delete, exists, select
from sqlalchemy.orm import Session

from db import classes
from db.faces import insert_for_faces
from db.live import live_run
from db.models import Face, Photo, Prediction, Run, Score
from db.storage import blobs
from trainer import crops
from trainer.embed import Features, Key, Wanted, embedder, features_of
from trainer.head import Head
from trainer.select import margins


def faces_to_score(session: Session) -> list[tuple[int, int]]:
    """(id, box version) of every face that is not rejected and whose photo is ready."""
    query = (
        select(Face.id, Face.box_version).join(Photo).where(Photo.status == "ready", Face.state != "rejected")
    )
    return [(row.id, row.box_version) for row in session.execute(query.order_by(Face.id))]


def store_scores(
    session: Session, run: Run, head: Head, faces: Sequence[tuple[int, int]], features: dict[Key, Features]
) -> int:
    """Score the faces whose features are there; returns how many. The caller commits."""
    present = [(id, version) for id, version in faces if (id, 0) in features]
    if not present:
        return 0
    probabilities = head.probabilities(np.stack([features[id, 0] for id, _ in present]))
    best, margin = probabilities.argmax(axis=1), margins(probabilities)
    meant = classes.read(session)
    labels = [meant.now(name) or name for name in run.classes]
    rows = [
        {
            "run_id": run.id,
            "face_id": id,
            "box_version": version,
            "probabilities": [float(p) for p in probabilities[i]],
            "label": labels[best[i]],
            "margin": float(margin[i]),
        }
        for i, (id, version) in enumerate(present)
    ]
    insert_for_faces(session, Score, rows)
    return len(rows)


def score_new_faces(session: Session) -> int:
    """Score what the live run has not scored yet, or scored under an older box; returns how many."""
    run = live_run(session)
    if run is None or run.head is None:
        return 0
    scored = and_(Score.run_id == run.id, Score.face_id == Face.id)
    query = (
        select(Face.id, Face.box_version)
        .join(Photo)
        .outerjoin(Score, scored)
        .where(Photo.status == "ready", Face.state != "rejected")
        .where(Score.face_id.is_(None) | (Score.box_version != Face.box_version))
    )
    stale = [(row.id, row.box_version) for row in session.execute(query)]
    if not stale:
        return 0
    features = features_of(session, [Wanted(id, 1) for id, _ in stale])
    moved = exists().where(Face.id == Score.face_id, Face.box_version != Score.box_version)
    session.execute(delete(Score).where(Score.run_id == run.id, moved))
    count = store_scores(session, run, Head.of(run.head), stale, features)
    session.commit()
    return count


def classify_prediction(session: Session, prediction_id: int) -> None:
    """Second half of a prediction: classes for the boxes that the detect worker found."""
    prediction = session.get(Prediction, prediction_id)
    if prediction is None or prediction.status != "detected":
        return
    run = session.get(Run, prediction.run_id)
    assert run is not None
    assert run.head is not None, "only a finished run is ever live"
    prediction.faces = _classified(prediction, Head.of(run.head), run.classes)
    prediction.status = "done"
    session.commit()


def _classified(prediction: Prediction, head: Head, names: Sequence[str]) -> list[Any]:
    faces = prediction.faces or []
    if not faces:
        return []
    photo = crops.decode(blobs().get(prediction.blob))
    images = np.stack([crops.crop(photo, tuple(face["box"])) for face in faces])
    probabilities = head.probabilities(embedder()(images))
    return [
        face
        | {
            "label": names[int(row.argmax())],
            "probabilities": {name: float(p) for name, p in zip(names, row, strict=True)},
        }
        for face, row in zip(faces, probabilities, strict=True)
    ]
