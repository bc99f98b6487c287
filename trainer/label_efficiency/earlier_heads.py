"""Job after a run: how good the models of earlier runs are on today's locked faces.

Each run's own figure is on the locked faces of its day, so that those figures are no curve. Heads are small
and features are kept: measuring all of them again takes less than a second.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from db import classes
from db.confidence_intervals import mean_recall
from db.models import Run
from trainer.data import dataset
from trainer.data.dataset import Dataset
from trainer.evaluation.report import obstacles
from trainer.features.feature_store import undistorted_features
from trainer.features.networks import network_of
from trainer.label_efficiency.learning_curve import Measured, forecast
from trainer.models.head import Head

MAX_RUNS = 50
"""Newest runs that the curve is fitted to."""


def measure(session: Session, run_id: int) -> None:
    """Write the learning curve into the run, or what is missing for one. Commits. Idempotent."""
    run = session.get(Run, run_id, options=[undefer(Run.learning_curve)])
    if run is not None and run.status == "done" and run.head is not None:
        run.learning_curve = _curve(session, run)
        session.commit()


def _curve(session: Session, run: Run) -> dict[str, Any]:
    data = dataset.collect(session, run.classes, classes.read(session))
    ids = data.face_ids(data.where("locked"))
    features = undistorted_features(session, network_of(session, run), ids, boxes=data.boxes)
    data = data.without({row.face_id for row in data.rows} - set(ids) | set(features.missing()))
    everything = np.ones(len(data.rows), bool)
    if missing := obstacles(data, everything):
        return {"obstacles": missing}
    runs = _comparable(session, run)
    vectors = features.undistorted(data.face_ids(everything))
    right = [Head.from_dict(one.head or {}).logits(vectors).argmax(axis=1) == data.labels for one in runs]
    measured = Measured(np.array(right), data.labels, data.groups)
    sizes = [(one.metrics or {})["train"]["n"] for one in runs]
    curve = forecast(sizes, measured, run.id)
    return {"points": _points(runs, sizes, measured, data), "forecast": curve.as_dict() if curve else None}


def _points(
    runs: Sequence[Run], sizes: Sequence[int], measured: Measured, data: Dataset
) -> list[dict[str, Any]]:
    figures = [mean_recall(right, data.labels, data.groups) for right in measured.right]
    return [
        {"run": run.id, "labels": size, "balanced_accuracy": figure}
        for run, size, figure in zip(runs, sizes, figures, strict=True)
    ]


def _comparable(session: Session, run: Run) -> list[Run]:
    """The newest runs with the recipe, the classes and the network of this one, oldest first."""
    query = select(Run).where(Run.status == "done", Run.id <= run.id, Run.backbone == run.backbone)
    runs = session.scalars(query.order_by(Run.id.desc()).limit(MAX_RUNS)).all()
    same = (run.classes, run.recipe["preset"])
    return [
        one for one in runs[::-1] if one.head and one.metrics and (one.classes, one.recipe["preset"]) == same
    ]
