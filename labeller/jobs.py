"""Where photos leave the request: the detect worker's tasks."""

from typing import Any

from celery.signals import worker_init

from db.queue import app, worker_name
from db.session import session_scope


@app.task(name="labeller.propose_faces")
def propose_faces(photo_id: int, attempt: int) -> None:
    from labeller.detection import proposals

    with session_scope() as session:
        proposals.propose_faces(session, photo_id, attempt, worker_name("detect"))


@app.task(name="labeller.detect_prediction")
def detect_prediction(prediction_id: int) -> None:
    from labeller.detection import proposals

    with session_scope() as session:
        proposals.detect_prediction(session, prediction_id)


@app.task(name="labeller.erase")
def erase() -> None:
    from labeller.erasure import erasure

    with session_scope() as session:
        erasure.finish_pending(session)


@app.task(name="labeller.tidy")
def tidy() -> None:
    from labeller import retention

    with session_scope() as session:
        retention.tidy(session)


@worker_init.connect
def _warm_up(**_: Any) -> None:
    """Load MTCNN before the first photo, not after it."""
    import numpy as np

    from labeller.detection import mtcnn

    mtcnn.detect(np.zeros((160, 160, 3), np.uint8))
