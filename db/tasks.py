"""Enqueueing work for other processes. Each function sends its task once `session` has committed.

Photos and runs are jobs with a status of their own; `db.jobs.submit` enqueues those.
"""

from sqlalchemy.orm import Session

from db import queue


def enqueue_prediction_detection(session: Session, prediction_id: int) -> None:
    """Detect the faces of a prediction's picture."""
    queue.enqueue(session, queue.DETECT_PREDICTION, prediction_id)


def enqueue_prediction_classification(session: Session, prediction_id: int) -> None:
    """Classify the detected faces of a prediction."""
    queue.enqueue(session, queue.CLASSIFY_PREDICTION, prediction_id)


def enqueue_erasure(session: Session) -> None:
    """Erase what is marked for erasure."""
    queue.enqueue(session, queue.ERASE)


def enqueue_scoring(session: Session) -> None:
    """Score the faces and boxes that the live run has not scored yet."""
    queue.enqueue(session, queue.SCORE_NEW_FACES)


def enqueue_box_training(session: Session, run_id: int) -> None:
    """Train the box head of a run."""
    queue.enqueue(session, queue.LEARN_BOXES, run_id)


def enqueue_box_scoring(session: Session) -> None:
    """Score all detected boxes again."""
    queue.enqueue(session, queue.WEIGH_BOXES)


def enqueue_labels_saved(session: Session, run_id: int) -> None:
    """Estimate how many labels a run's selection strategy saved."""
    queue.enqueue(session, queue.COUNT_SAVED, run_id)


def enqueue_map_drawing(session: Session) -> None:
    """Compute the layout of the face map."""
    queue.enqueue(session, queue.DRAW_MAP)
