"""Asking a model about one photo that is not kept: a row with a deadline, answered by the detect worker."""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db import jobs, nudges, predictions, queue, tasks
from db.base import now
from db.errors import Unavailable
from db.models import Prediction, PredictionBatch, Run
from db.settings import settings
from labeller.photos.decode import decode_pixels
from labeller.photos.limits import check_size
from labeller.photos.pixels import Pixels

SECONDS = 30.0
"""Until a prediction is given up."""
LOOK_SECONDS = 1.0
"""Between two looks at a row whose end nobody tells of."""
RESEND_AFTER = timedelta(seconds=3)
"""Without an answer for so long, the message is sent again if the queue is empty: its worker was killed."""
MOST_OPEN = 32
"""Photos whose senders wait at the same time; more are refused at once."""
KEPT = timedelta(hours=1)
"""For how long the answers to a batch can be read."""


def read_photo(data: bytes) -> Pixels:
    """Decode a photo that somebody asks about. Raises BadPhoto, PhotoTooLarge and Unavailable."""
    check_size(data)
    return decode_pixels(data, settings().max_megapixels)


def request_prediction(session: Session, run: Run, pixels: Pixels) -> Prediction:
    """Ask the model of `run` about a photo, after the commit. Raises Unavailable if too many wait."""
    waiting = select(func.count()).where(
        Prediction.batch_id.is_(None),
        Prediction.status.not_in(predictions.ENDED),
        Prediction.deadline > now(),
    )
    if (session.scalar(waiting) or 0) >= MOST_OPEN:
        raise Unavailable("predictions_busy", "Many photos are being looked at.", "Try again in a moment.")
    prediction = stored_prediction(run, pixels, SECONDS)
    session.add(prediction)
    session.flush()
    tasks.enqueue_prediction(session, prediction.id)
    return prediction


def stored_prediction(run: Run, pixels: Pixels, seconds: float) -> Prediction:
    """The row of a photo whose picture has been stored for so many seconds."""
    return Prediction(
        run_id=run.id,
        picture=predictions.store(pixels.view, pixels.size, pixels.photo),
        width=pixels.width,
        height=pixels.height,
        deadline=now() + timedelta(seconds=seconds),
    )


def wait_for_prediction(session: Session, prediction: Prediction) -> Prediction:
    """The finished prediction; its row and picture are deleted. Commits. Raises Unavailable."""
    sent_at = now()
    while (
        prediction.status not in predictions.ENDED
        and (left := (prediction.deadline - now()).total_seconds()) > 0
    ):
        session.rollback()  # for a fresh snapshot, and no connection is kept from others
        nudges.wait(predictions.nudge_name(prediction), min(left, LOOK_SECONDS))
        session.refresh(prediction)
        if now() - sent_at > RESEND_AFTER and prediction.status == "queued":
            sent_at = now()
            _send_again(prediction)
    session.expunge(prediction)
    session.execute(delete(Prediction).where(Prediction.id == prediction.id))
    session.commit()
    if prediction.status not in predictions.ENDED:
        predictions.delete_picture(prediction)
    if prediction.status == "failed" and prediction.error is not None:
        raise Unavailable(**prediction.error)
    if prediction.status != "done":
        hint = "The workers may be starting or busy; try again in a moment."
        raise Unavailable("no_answer_in_time", "The model did not answer in time.", hint)
    return prediction


def tidy(session: Session) -> None:
    """Delete what was kept for long enough, and what killed processes have left. Commits."""
    session.execute(delete(PredictionBatch).where(PredictionBatch.created_at < now() - KEPT))
    late = Prediction.batch_id.is_(None), Prediction.deadline < now() - timedelta(minutes=1)
    session.execute(delete(Prediction).where(*late))
    session.commit()
    named = set(session.scalars(select(Prediction.picture).where(Prediction.picture.is_not(None))))
    predictions.delete_pictures(now() - KEPT, {str(name) for name in named})


def _send_again(prediction: Prediction) -> None:
    try:
        if not jobs.waiting_messages(queue.QUEUES[queue.PREDICT]):
            queue.send(queue.PREDICT, (prediction.id,))
    except nudges.AWAY:
        return
