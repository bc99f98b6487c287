"""Decide whether a candidate replaces the live model, on faces that neither has learned from."""

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import classes
from db.models import Outcome, Run
from trainer.arrays import BoolArray
from trainer.data.dataset import Dataset
from trainer.evaluation.metrics import too_small
from trainer.evaluation.paired_test import Difference, PromotionDecision, decide_promotion, difference
from trainer.evaluation.report import ModelOutputs
from trainer.features.feature_store import FeatureRequest, OnProgress, features_of
from trainer.features.networks import network_of
from trainer.models.head import Head

MIN_SHARED_FACES = 20
"""Faces that both models must have out-of-fold predictions for before these are compared."""


def compare_with_live(
    session: Session, live: Run | None, data: Dataset, outputs: ModelOutputs, on_progress: OnProgress
) -> PromotionDecision:
    """Decide on the candidate that predicted `outputs` for the rows of `data`.

    It is compared on the locked faces; while they are too few, on those that both models predicted out
    of fold.
    """
    if live is None or live.head is None:
        return PromotionDecision(True, "It is the first model.")
    locked = data.where("locked")
    if too_small(data.labels[locked], data.groups[locked], data.classes) is None:
        live_labels = _live_labels(session, live, data, locked, on_progress)
        return decide_promotion(_difference(data, outputs, locked, live_labels), "locked")
    live_by_face = _live_labels_out_of_fold(session, live)
    shared = np.array(
        [outputs.part[i] == "fold" and row.face_id in live_by_face for i, row in enumerate(data.rows)], bool
    )
    if shared.sum() < MIN_SHARED_FACES:
        return decide_promotion(None, "")
    live_labels = [live_by_face[data.rows[i].face_id] for i in np.flatnonzero(shared)]
    return decide_promotion(_difference(data, outputs, shared, live_labels), "cross-validated")


def _difference(data: Dataset, outputs: ModelOutputs, rows: BoolArray, live_labels: list[str]) -> Difference:
    labels = data.labels[rows]
    new_right = outputs.probabilities[rows].argmax(axis=1) == labels
    live_right = np.array(live_labels) == np.array(data.classes)[labels]
    return difference(labels, new_right, live_right, data.groups[rows])


def _live_labels(
    session: Session, live: Run, data: Dataset, rows: BoolArray, on_progress: OnProgress
) -> list[str]:
    """The labels that the live model predicts for the rows, under the present names of its classes."""
    network = network_of(session, live)
    ids = data.face_ids(rows)
    requests = [FeatureRequest(id, 1) for id in ids]
    features = features_of(session, network, requests, on_progress, data.boxes)
    probabilities = Head.from_dict(live.head or {}).probabilities(features.undistorted(ids))
    class_names = classes.read(session)
    names = [class_names.current_name(name) for name in live.classes]
    return [names[i] for i in probabilities.argmax(axis=1)]


def _live_labels_out_of_fold(session: Session, live: Run) -> dict[int, str]:
    """Labels by face that the live run's cross-validation predicted out of fold."""
    query = select(Outcome.face_id, Outcome.label).where(Outcome.run_id == live.id, Outcome.part == "fold")
    class_names = classes.read(session)
    return {row.face_id: class_names.current_name(row.label) for row in session.execute(query)}
