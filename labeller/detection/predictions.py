"""Predictions by the live model for one photo that is not kept: two jobs, one row, one deadline."""

import time
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db import blob_hold, tasks
from db.base import now
from db.errors import Conflict, Unavailable
from db.models import Prediction
from db.settings import settings
from db.storage import blobs
from db.workbench import live_run
from labeller.photos.decode import decode
from labeller.photos.limits import check_size

SECONDS = 30
"""Until a prediction is given up."""
POLL = 0.03
"""Seconds between two looks at the row."""


def request_prediction(session: Session, data: bytes) -> Prediction:
    """Decode the photo and enqueue its detection for after the commit. Raises BadPhoto and Conflict."""
    run = live_run(session)
    if run is None:
        raise Conflict("no_model", "There is no model yet.", "Label some faces and train one first.")
    check_size(data)
    decoded = decode(data, settings().max_megapixels)
    prediction = Prediction(
        blob=blobs().put(decoded.photo),
        view_blob=blobs().put(decoded.view),
        width=decoded.width,
        height=decoded.height,
        run_id=run.id,
        deadline=now() + timedelta(seconds=SECONDS),
    )
    _delete_overdue(session)
    blob_hold.keep(session, (decoded.photo, decoded.view))
    session.add(prediction)
    session.flush()
    tasks.enqueue_prediction_detection(session, prediction.id)
    return prediction


def wait_for_prediction(session: Session, prediction: Prediction) -> Prediction:
    """The finished prediction; its row and picture are deleted. Commits. Raises Unavailable."""
    while prediction.status != "done" and now() < prediction.deadline:
        session.rollback()  # read a fresh snapshot
        time.sleep(POLL)
        session.refresh(prediction)
    done = prediction.status == "done"
    session.expunge(prediction)
    _delete(session, prediction)
    session.commit()
    blob_hold.delete_doomed(session)
    if not done:
        hint = "The workers may be starting or busy; try again in a moment."
        raise Unavailable("no_answer_in_time", "The model did not answer in time.", hint)
    return prediction


def _delete_overdue(session: Session) -> None:
    """Delete what a web process that was killed while it waited has left."""
    overdue = select(Prediction).where(Prediction.deadline < now() - timedelta(minutes=1))
    for prediction in session.scalars(overdue):
        _delete(session, prediction)


def _delete(session: Session, prediction: Prediction) -> None:
    session.execute(delete(Prediction).where(Prediction.id == prediction.id))
    blob_hold.delete_blobs(session, (prediction.blob, prediction.view_blob))
