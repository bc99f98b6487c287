"""The tasks of the detect worker."""

from typing import Any

from celery.signals import worker_init

from db import queue
from db.queue import app, worker_name
from db.session import session_scope


@app.task(name=queue.PROPOSE_FACES)
def propose_faces(photo_id: int, attempt: int) -> None:
    from labeller.detection import proposals

    with session_scope() as session:
        proposals.propose_faces(session, photo_id, attempt, worker_name("detect"))


@app.task(name=queue.DETECT_PREDICTION)
def detect_prediction(prediction_id: int) -> None:
    from labeller.detection import proposals

    with session_scope() as session:
        proposals.detect_prediction(session, prediction_id)


@app.task(name=queue.ERASE)
def erase() -> None:
    from labeller.erasure.finish import finish_pending

    with session_scope() as session:
        finish_pending(session)


@app.task(name=queue.TIDY)
def tidy() -> None:
    from labeller import retention

    with session_scope() as session:
        retention.tidy(session)


@worker_init.connect
def _warm_up(**_: Any) -> None:
    """Load MTCNN before the first photo arrives."""
    import numpy as np

    from labeller.detection import mtcnn

    mtcnn.detect(np.zeros((160, 160, 3), np.uint8))
