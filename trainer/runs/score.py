"""Class probabilities for every face under a run, for the review queue and the pages."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import Any

import numpy as np
from sqlalchemy import Select, and_, delete, exists, select
from sqlalchemy.orm import Session

from db import classes
from db.face_rows import around, insert_for_faces
from db.models import Face, Photo, Prediction, Run, Score
from db.session import session_scope
from db.storage import blobs
from db.workbench import live_run
from trainer.arrays import FloatArray
from trainer.features import crops
from trainer.features.feature_store import Features, Wanted, features_of
from trainer.features.networks import Network, network_of
from trainer.models.head import Head
from trainer.runs import promote
from trainer.runs.progress import EVERY
from trainer.selection.strategies import margins

AT_ONCE = 5000
"""Faces to a commit: an answer that comes meanwhile waits for one of them at most."""


def newest_faces(session: Session, limit: int) -> list[int]:
    """Ids of the newest scored faces that hardly anything else could be, newest first."""
    query = _scored().with_only_columns(Face.id).where(Face.doubtful.is_(False))
    return list(session.scalars(query.order_by(Face.id.desc()).limit(limit)))


def score_all(
    session: Session,
    run: Run,
    network: Network,
    head: Head,
    say: Callable[[float], None] = lambda share: None,
) -> int:
    """Score every face under the run, AT_ONCE to a commit; returns how many. Says the share that is done.

    The run is not live yet, so nobody sees the scores before all of them are there.
    """
    session.execute(delete(Score).where(Score.run_id == run.id))
    session.commit()  # the thread that reads ahead writes features: this one must hold no lock
    ids = list(session.scalars(_scored().with_only_columns(Face.id).order_by(Face.id)))
    return _score(session, run, network, head, ids, say)


def score_new_faces(session: Session) -> int:
    """Score what the live run has not scored yet, or scored under an older box; returns how many."""
    promote.forget_old_scores(session)
    run = live_run(session)
    if run is None or run.head is None:
        return 0
    scored = and_(Score.run_id == run.id, Score.face_id == Face.id, Score.box_version == Face.box_version)
    query = _scored().with_only_columns(Face.id).outerjoin(Score, scored).where(Score.face_id.is_(None))
    ids = list(session.scalars(query.order_by(Face.id)))
    if not ids:
        return 0
    moved = exists().where(Face.id == Score.face_id, Face.box_version != Score.box_version)
    session.execute(delete(Score).where(Score.run_id == run.id, moved))
    session.commit()  # as above
    return _score(session, run, network_of(session, run), Head.of(run.head), ids)


def _scored() -> Select[Any]:
    """Every face that is not rejected and whose photo is ready."""
    return select(Face).join(Photo).where(Photo.status == "ready", Face.state != "rejected")


def _score(
    session: Session,
    run: Run,
    network: Network,
    head: Head,
    ids: Sequence[int],
    say: Callable[[float], None] = lambda share: None,
) -> int:
    meant = classes.read(session)
    labels = [meant.current_name(name) for name in run.classes]
    count = 0
    for versions, features in _read_ahead(network, ids, say):
        present = [id for id in versions if (id, 0) in features]
        probabilities = head.probabilities(features.take([(id, 0) for id in present]))
        insert_for_faces(session, Score, _rows(run.id, present, versions, probabilities, labels))
        session.commit()
        count += len(present)
    return count


def _read_ahead(
    network: Network, ids: Sequence[int], say: Callable[[float], None]
) -> Iterator[tuple[dict[int, int], Features]]:
    """Box versions and features, AT_ONCE faces at a time; the next are read while these are written.

    Says how far it is, also while it waits for features that were not kept: `say` may raise to stop it.
    """
    stopped = threading.Event()

    def read(some: Sequence[int]) -> tuple[dict[int, int], Features]:
        with session_scope() as session:
            # The versions first: a box that is moved meanwhile is then scored again, not taken for scored.
            query = select(Face.id, Face.box_version).where(around(Face.id, some))
            versions = dict(session.execute(query).tuples().all())
            return versions, features_of(session, network, [Wanted(id, 1) for id in some], check)

    def check(_share: float) -> None:
        if stopped.is_set():
            raise CancelledError

    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as pool:
        parts = [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
        coming = [pool.submit(read, part) for part in parts[:2]]
        try:
            for number in range(len(parts)):
                while not futures.wait(coming[:1], timeout=EVERY).done:
                    say(number / len(parts))
                yield coming.pop(0).result()
                say((number + 1) / len(parts))
                if number + 2 < len(parts):
                    coming.append(pool.submit(read, parts[number + 2]))
        finally:
            stopped.set()


def _rows(
    run_id: int,
    ids: Sequence[int],
    versions: dict[int, int],
    probabilities: FloatArray,
    labels: list[str],
) -> list[dict[str, Any]]:
    best, margin = probabilities.argmax(axis=1).tolist(), margins(probabilities).tolist()
    return [
        {
            "run_id": run_id,
            "face_id": id,
            "box_version": versions[id],
            "probabilities": chances,
            "label": labels[best[i]],
            "margin": margin[i],
        }
        for i, (id, chances) in enumerate(zip(ids, probabilities.round(6).tolist(), strict=True))
    ]


def classify_prediction(session: Session, prediction_id: int) -> None:
    """Second half of a prediction: classes for the boxes that the detect worker found."""
    prediction = session.get(Prediction, prediction_id)
    if prediction is None or prediction.status != "detected":
        return
    run = session.get(Run, prediction.run_id)
    assert run is not None
    assert run.head is not None, "only a finished run is ever live"
    prediction.faces = _classified(prediction, network_of(session, run), Head.of(run.head), run.classes)
    prediction.status = "done"
    session.commit()


def _classified(prediction: Prediction, network: Network, head: Head, names: Sequence[str]) -> list[Any]:
    faces = prediction.faces or []
    if not faces:
        return []
    photo = crops.decode(blobs().get(prediction.blob))
    images = np.stack([network.crop(photo, tuple(face["box"])) for face in faces])
    probabilities = head.probabilities(network.embedder(images))
    return [
        face
        | {
            "label": names[int(row.argmax())],
            "probabilities": {name: float(p) for name, p in zip(names, row, strict=True)},
        }
        for face, row in zip(faces, probabilities, strict=True)
    ]
