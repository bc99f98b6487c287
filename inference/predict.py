"""Answering predictions: the faces of a photo that is not kept, detected and classified in one go."""

import structlog
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from db import jobs, predictions, signing, tasks
from db.base import now
from db.models import Prediction, PredictionBatch
from inference.faces import find_faces
from trainer.arrays import Float32Array
from trainer.errors import BackboneMissing, UnreadablePicture
from trainer.evaluation.tried_looks import note_look
from trainer.features import networks
from trainer.runs.classify import classified, features_of, model_of

log = structlog.get_logger()

LEASE_SECONDS = 30
UNREADABLE = (OSError, UnreadablePicture, BackboneMissing, signing.Tampered)


def answer(session: Session, prediction_id: int) -> None:
    """Answer a prediction whose sender waits, and commit. Safe to run twice and to kill."""
    prediction = session.get(Prediction, prediction_id)
    if prediction is None or prediction.status != "queued":
        return
    run_id, features = prediction.run_id, _answer(session, prediction)
    boxes = [face["box"] for face in prediction.faces or []]
    try:
        predictions.finish(session, prediction)
    except StaleDataError:  # its sender has given up
        session.rollback()
        return
    if features is not None:  # after the answer, which is not to wait for it
        note_look(session, run_id, features, boxes)
        session.commit()


def answer_batch(session: Session, batch_id: int, attempt: int, owner: str) -> None:
    """Answer the photos of a batch one by one, each with a commit. Safe to repeat and to kill.

    Between two of them those are answered whose sender waits.
    """
    claim = jobs.claim(session, PredictionBatch, batch_id, attempt, jobs.Holder(owner, LEASE_SECONDS))
    if claim is None:
        return
    items = select(Prediction.id).where(Prediction.batch_id == batch_id, Prediction.status == "queued")
    try:
        for item_id in session.scalars(items.order_by(Prediction.id)).all():
            _answer_waiting(session)
            jobs.write(session, claim, LEASE_SECONDS)
            session.commit()
            item = session.get_one(Prediction, item_id)
            _answer(session, item)
            predictions.finish(session, item)
        jobs.write(session, claim, 0, status="done")
        session.commit()
    except (jobs.LostLease, NoResultFound, StaleDataError):  # another worker has it, or it was deleted
        session.rollback()
        log.info("batch_lease_lost", batch=batch_id)


def _answer_waiting(session: Session) -> None:
    single = Prediction.batch_id.is_(None), Prediction.status == "queued", Prediction.deadline > now()
    for id in session.scalars(select(Prediction.id).where(*single).order_by(Prediction.id)).all():
        answer(session, id)


def _answer(session: Session, prediction: Prediction) -> Float32Array | None:
    """Detect and classify the faces; returns their features (n, 1280).

    Without a network for this worker, the train worker classifies them.
    """
    features = None
    try:
        picture, model = predictions.load(prediction), model_of(session, prediction.run_id)
        faces = find_faces(session, picture, prediction.width)
        if not networks.is_stored(session, model.network):  # as of runs of earlier versions
            prediction.faces, prediction.status = faces, "detected"
            tasks.enqueue_prediction_classification(session, prediction.id)
        else:
            features = features_of(networks.by_id(session, model.network), picture, faces)
            prediction.faces, prediction.status = classified(session, model, faces, features), "done"
    except UNREADABLE as error:
        log.warning("prediction_failed", prediction=prediction.id, error=str(error))
        message, hint = "The picture or the model could not be read.", "Try again in a moment."
        prediction.error = {"code": "not_readable", "message": message, "hint": hint}
        prediction.status = "failed"
    return features
