"""The tasks of the detect worker, of that in which the other detectors confirm what it finds, and of that
which imports."""

from typing import Any

from celery.signals import worker_init

from db import queue
from db.queue import app, worker_name
from db.session import session_scope


@app.task(name=queue.LOAD_DETECTOR)
def load_detector() -> None:
    from labeller.detection import detectors

    detectors.first()


@app.task(name=queue.LOAD_OTHER_DETECTORS)
def load_other_detectors() -> None:
    from labeller.detection import detectors

    for name in detectors.names()[1:]:
        detectors.load(name)


@app.task(name=queue.PROPOSE_FACES)
def propose_faces(photo_id: int, attempt: int) -> None:
    from labeller.detection import proposals

    with session_scope() as session:
        proposals.propose_faces(session, photo_id, attempt, worker_name("detect"))


@app.task(name=queue.CONFIRM_FACES)
def confirm_faces(photo_id: int, detector: str) -> None:
    from labeller.detection import proposals

    with session_scope() as session:
        proposals.confirm_faces(session, photo_id, detector)


@app.task(name=queue.DETECT_AGAIN)
def detect_again() -> None:
    from labeller.detection import detect_again

    with session_scope() as session:
        detect_again.go_on(session)


@app.task(name=queue.FOLLOW_UP)
def follow_up() -> None:
    from labeller.detection import follow_up

    with session_scope() as session:
        follow_up.send_missing(session)


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


@app.task(name=queue.IMPORT)
def import_dataset(import_id: int, attempt: int) -> None:
    from labeller.imports import work

    with session_scope() as session:
        work.import_dataset(session, import_id, attempt, worker_name("transfers"))


@worker_init.connect
def _check_detectors(**_: Any) -> None:
    """Stop with a message at once if DETECTORS names one that does not exist."""
    from labeller.detection import detectors

    detectors.names()
