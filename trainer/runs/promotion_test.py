"""Whether a candidate takes over: it and the live model on the same faces that neither learned from."""

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
from trainer.features.feature_store import Wanted, features_of
from trainer.features.networks import network_of
from trainer.models.fit import features_of_rows
from trainer.models.head import Head
from trainer.runs.progress import Say

LEAST = 20
"""Faces that two models must share before their cross-validated answers are compared."""


def on_the_same_faces(
    session: Session, live: Run | None, data: Dataset, told: ModelOutputs, beat: Say
) -> PromotionDecision:
    """The verdict on the model that `told` these things of `data`.

    On the locked faces; while they are too few on those that both models judged out of fold.
    """
    if live is None or live.head is None:
        return PromotionDecision(True, "It is the first model.")
    locked = data.where("locked")
    if too_small(data.labels[locked], data.groups[locked], data.classes) is None:
        return decide_promotion(
            _paired(data, told, locked, _said_now(session, live, data, locked, beat)), "locked"
        )
    before = _said_then(session, live)
    both = np.array(
        [told.part[i] == "fold" and row.face_id in before for i, row in enumerate(data.rows)], bool
    )
    if both.sum() < LEAST:
        return decide_promotion(None, "")
    names = [before[data.rows[i].face_id] for i in np.flatnonzero(both)]
    return decide_promotion(_paired(data, told, both, names), "cross-validated")


def _paired(data: Dataset, told: ModelOutputs, rows: BoolArray, names: list[str]) -> Difference:
    labels = data.labels[rows]
    new = told.probabilities[rows].argmax(axis=1) == labels
    old = np.array(names) == np.array(data.classes)[labels]
    return difference(labels, new, old, data.groups[rows])


def _said_now(session: Session, live: Run, data: Dataset, rows: BoolArray, beat: Say) -> list[str]:
    """The live model's labels of the rows, as its classes are called now."""
    network = network_of(session, live)
    wanted = [Wanted(data.rows[i].face_id, 1) for i in np.flatnonzero(rows)]
    features = features_of(session, network, wanted, beat, data.boxes)
    chances = Head.of(live.head or {}).probabilities(features_of_rows(data, features, rows))
    meant = classes.read(session)
    names = [meant.current_name(name) for name in live.classes]
    return [names[i] for i in chances.argmax(axis=1)]


def _said_then(session: Session, live: Run) -> dict[int, str]:
    """What folds of the live run said of faces they had not learned from."""
    query = select(Outcome.face_id, Outcome.label).where(Outcome.run_id == live.id, Outcome.part == "fold")
    meant = classes.read(session)
    return {row.face_id: meant.current_name(row.label) for row in session.execute(query)}
