"""Enqueueing work for other processes. Each function sends its task once `session` has committed.

Photos and runs are jobs with a status of their own; `db.jobs.submit` enqueues those.
"""

from sqlalchemy.orm import Session

from db import queue


def enqueue_prediction(session: Session, prediction_id: int) -> None:
    """Detect and classify the faces of a prediction's picture."""
    queue.enqueue(session, queue.PREDICT, prediction_id)


def enqueue_prediction_classification(session: Session, prediction_id: int) -> None:
    """Classify the detected faces of a prediction whose run has no network for other workers."""
    queue.enqueue(session, queue.CLASSIFY_PREDICTION, prediction_id)


def enqueue_follow_up(session: Session) -> None:
    """Have the other detectors look at photos that only the first has seen."""
    queue.enqueue(session, queue.FOLLOW_UP)


def enqueue_confirmation(session: Session, photo_id: int, detector: str) -> None:
    """Look at a photo with another detector than the first."""
    queue.enqueue(session, queue.CONFIRM_FACES, photo_id, detector)


def enqueue_detecting_again(session: Session) -> None:
    """Go on looking at old photos again."""
    queue.enqueue(session, queue.DETECT_AGAIN)


def enqueue_erasure(session: Session) -> None:
    """Erase what is marked for erasure."""
    queue.enqueue(session, queue.ERASE)


def enqueue_scoring(session: Session) -> None:
    """Score the faces that the live run has not scored yet, and plan the review, if there is need."""
    queue.enqueue(session, queue.FIND_UNSCORED)


def enqueue_labels_saved(session: Session, run_id: int) -> None:
    """Estimate how many labels a run's selection strategy saved."""
    queue.enqueue(session, queue.COUNT_SAVED, run_id)


def enqueue_map_drawing(session: Session) -> None:
    """Compute the layout of the face map."""
    queue.enqueue(session, queue.DRAW_MAP)


def enqueue_webhook(session: Session, hook_id: int) -> None:
    """Send what is due for a webhook."""
    queue.enqueue(session, queue.SEND_WEBHOOKS, hook_id)
