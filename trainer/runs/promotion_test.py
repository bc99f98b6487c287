"""Decide whether a candidate replaces the live model, on faces that neither has learned from."""

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import classes
from db.i18n import N_
from db.messages import Message, message
from db.models import Outcome, Run
from trainer.arrays import BoolArray
from trainer.data.dataset import Dataset
from trainer.evaluation.metrics import people_missing
from trainer.evaluation.paired_test import (
    FIRST_MODEL,
    Difference,
    PromotionDecision,
    decide_promotion,
    difference,
    in_points,
)
from trainer.evaluation.report import ModelOutputs, audit_rows
from trainer.features.feature_store import OnProgress, undistorted_features
from trainer.features.networks import network_of
from trainer.models.head import Head

EARLIER = 10
"""Runs back to another model to compare with: a decline too slow to be seen in one step shows there."""
DECLINE = N_(
    "A slow decline: balanced accuracy %(value)s points (%(low)s to %(high)s; %(n)s faces, %(persons)s"
    " persons) against run %(run)s, ten runs ago."
)


def compare_with_live(
    session: Session, live: Run | None, data: Dataset, outputs: ModelOutputs, on_progress: OnProgress
) -> PromotionDecision:
    """Decide on the candidate that predicted `outputs` for the rows of `data`."""
    if live is None or live.head is None:
        return PromotionDecision(True, message(FIRST_MODEL))
    return decide_promotion(_difference(session, live, data, outputs, on_progress))


def slow_decline(
    session: Session, run: Run, data: Dataset, outputs: ModelOutputs, on_progress: OnProgress
) -> Message | None:
    """A warning if the candidate is worse than the model of EARLIER runs ago."""
    done = select(Run).where(Run.status == "done", Run.id < run.id).order_by(Run.id.desc())
    earlier = session.scalar(done.offset(EARLIER - 1).limit(1))
    if earlier is None or earlier.head is None:
        return None
    gap = _difference(session, earlier, data, outputs, on_progress)
    if gap is None or not gap.worse:
        return None
    return message(DECLINE, run=earlier.id, **in_points(gap))


def _difference(
    session: Session, other: Run, data: Dataset, outputs: ModelOutputs, on_progress: OnProgress
) -> Difference | None:
    """Candidate minus other on the locked faces and on those that both predicted out of fold.

    Without the audit share. None if a class has too few people among these faces.
    """
    locked = outputs.part == "locked"
    compared = locked & ~audit_rows(data, locked)
    predicted = _out_of_fold(session, other) | _by_head(session, other, data, compared, on_progress)
    ids = np.array([row.face_id for row in data.rows])
    rows = (compared | (outputs.part == "fold")) & np.isin(ids, list(predicted))
    labels, groups = data.labels[rows], data.groups[rows]
    if people_missing(labels, groups, len(data.classes)).any():
        return None
    names = classes.read(session).shown_as
    right = [
        names[predicted[id]] == names[data.classes[label]]
        for id, label in zip(ids[rows], labels, strict=True)
    ]
    is_right = outputs.probabilities[rows].argmax(axis=1) == labels
    return difference(labels, is_right, np.array(right, bool), groups)


def _by_head(
    session: Session, run: Run, data: Dataset, rows: BoolArray, on_progress: OnProgress
) -> dict[int, int]:
    """The class, by face, that the run's model predicts for the rows."""
    ids = data.face_ids(rows)
    features = undistorted_features(session, network_of(session, run), ids, on_progress, data.boxes)
    probabilities = Head.from_dict(run.head or {}).probabilities(features.undistorted(ids))
    return dict(zip(ids, (run.classes[i] for i in probabilities.argmax(axis=1)), strict=True))


def _out_of_fold(session: Session, run: Run) -> dict[int, int]:
    """The class, by face, that the run's cross-validation predicted out of fold."""
    query = select(Outcome.face_id, Outcome.label).where(Outcome.run_id == run.id, Outcome.part == "fold")
    return dict(session.execute(query).tuples().all())
