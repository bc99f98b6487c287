"""A run whose model answers without having been trained: the real network with a random head."""

from datetime import timedelta

import numpy as np
from sqlalchemy.orm import Session

from db import signing
from db.base import now
from db.models import Artifact, Run
from db.storage import blobs
from db.workbench import lock_workbench
from trainer.features import backbone
from trainer.models.head import Head


def add_light_run(session: Session, seed: int = 0, *, features: bytes | None = None) -> Run:
    """A finished run, live if it is the first; commits. `features` is its LiteRT network.

    Its finish time lies in the future, so that no answer is newer.
    """
    kernel = np.random.default_rng(seed).normal(0, 0.05, (backbone.FEATURES, 2)).astype(np.float32)
    run = Run(recipe={}, seed=0, classes=[1, 2], status="done", finished_at=now() + timedelta(minutes=1))
    run.head = Head(kernel, np.zeros(2, np.float32)).as_dict()
    run.backbone = "a network"
    session.add(run)
    session.flush()
    files = {"onnx": b"an ONNX file, which nobody reads here: %d" % seed}
    for form, content in (files | ({"features": features} if features else {})).items():
        blob = blobs().put(content)
        session.add(Artifact(run_id=run.id, form=form, blob=blob, signature=signing.sign(run.id, form, blob)))
    workbench = lock_workbench(session)
    workbench.live_run_id = workbench.live_run_id or run.id
    session.commit()
    return run
