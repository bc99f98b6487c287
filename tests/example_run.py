"""A finished run with metrics and outcomes, made without training."""

import numpy as np
from sqlalchemy.orm import Session

from db import classes
from db.base import now
from db.messages import message
from db.models import Outcome, Run
from trainer.data import dataset
from trainer.evaluation import report
from trainer.evaluation.paired_test import FIRST_MODEL


def add_example_run(session: Session, wrong: set[int], preset: str = "quick") -> Run:
    """A finished run that classifies every labelled face correctly, except those in `wrong`; commits."""
    data = dataset.collect(session, [1, 2], classes.read(session))
    labels = data.labels
    margin = np.array([-3.0 if row.face_id in wrong else 3.0 for row in data.rows])
    logits = np.stack([np.where(labels == c, margin, -margin) for c in (0, 1)], axis=1)
    part = np.where(data.where("locked"), "locked", "fold")
    outputs = report.ModelOutputs(part, logits.astype(np.float32), 1.3, np.full(len(labels), 1.3))
    metrics = report.run_metrics(data, outputs)
    metrics |= {"drift": None, "warnings": report.warnings(data, 0, None), "seconds": {"fit": 0.5}}
    run = Run(
        recipe={"preset": preset, "views": 4}, seed=0, classes=[1, 2], status="done",
        backbone="b" * 64, manifest="0" * 64, reason=message(FIRST_MODEL), metrics=metrics,
        started_at=now(), finished_at=now(),
        head={"kernel": [], "bias": [], "temperature": 1.3}, log=[[0.4, "Looked at %(n)s faces.", {"n": 9}]],
        curve=[
            {"epoch": 1, "loss": 0.5, "accuracy": 0.9, "validation_loss": 0.6, "validation_accuracy": 0.8}
        ],
    )  # fmt: skip
    session.add(run)
    session.flush()
    rows = zip(data.rows, part, outputs.probabilities, labels, strict=True)
    for row, part_name, probabilities, label in rows:
        predicted = data.classes[int(probabilities.argmax())]
        session.add(
            Outcome(run_id=run.id, face_id=row.face_id, part=str(part_name), truth=row.label, label=predicted,
                    probabilities=probabilities.tolist(), label_probability=float(probabilities[label]),
                    group_id=row.group)
        )  # fmt: skip
    session.commit()
    return run
