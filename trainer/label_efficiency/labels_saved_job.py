"""Job after a run: how many labels choosing faces has saved, measured on the workbench's own answers."""

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import classes
from db.base import OPEN
from db.models import Face, Group, Photo, Pick, Run
from trainer.data import dataset
from trainer.data.dataset import Dataset
from trainer.features import feature_store, networks
from trainer.label_efficiency import labels_saved
from trainer.label_efficiency.random_baseline import AnsweredPool
from trainer.label_efficiency.simulate import LabelledFaces

MAX_UNLABELLED = 3_000
"""Random sample of the unlabelled faces: more take longer and change the result little."""


class _NewerRun(Exception):
    """A newer run is queued, running or done: it will count again, and needs the CPU."""


def count(session: Session, run_id: int) -> None:
    """Write into the run how many labels were saved, or why that cannot be measured yet. Idempotent."""
    run = session.get(Run, run_id)
    if run is None:
        return

    newer = select(Run.id).where(Run.id > run_id, Run.status.in_((*OPEN, "done"))).limit(1)

    def heartbeat() -> None:
        if session.scalar(newer) is not None:
            raise _NewerRun
        session.commit()  # do not hold a snapshot for seconds

    with contextlib.suppress(_NewerRun):
        run.labels_saved = _labels_saved(session, run, heartbeat)
        session.commit()


def _labels_saved(session: Session, run: Run, heartbeat: Callable[[], None]) -> dict[str, Any]:
    data = dataset.collect(session, run.classes, classes.read(session))
    network = networks.shared()
    features = feature_store.undistorted_features(session, network, [row.face_id for row in data.rows])
    gone = features.missing()
    data = data.without(gone)
    labelled, locked = (
        _labelled_faces(data, features, *splits) for splits in (("train", "validation"), ("locked",))
    )
    random_ids = set(session.scalars(select(Pick.face_id).where(Pick.reason == "control")))
    control = np.array([row.face_id in random_ids for row in data.rows if row.split != "locked"], bool)
    if (reason := labels_saved.too_little(labelled, control, locked)) is not None:
        return {"too_little": reason}
    _, unlabelled = feature_store.features_of_existing(session, network, _unlabelled_sample(session, run.id))
    pool = AnsweredPool(labelled, control, unlabelled, locked)
    return labels_saved.labels_saved(pool, run.id, heartbeat)


def _labelled_faces(data: Dataset, features: feature_store.Features, *splits: str) -> LabelledFaces:
    mask = data.where(*splits)
    return LabelledFaces(
        features.undistorted(data.face_ids(mask)).astype(np.float32), data.labels[mask], data.groups[mask]
    )


def _unlabelled_sample(session: Session, seed: int) -> list[int]:
    """At most MAX_UNLABELLED choosable faces without an answer, at random."""
    query = select(Face.id).join(Photo).join(Group, Group.id == Photo.group_id)
    query = query.where(*dataset.CHOOSABLE, *dataset.LIKELY_FACE).order_by(Face.id)
    ids = np.array(session.scalars(query).all(), np.int64)
    return [int(id) for id in np.random.default_rng(seed).permutation(ids)[:MAX_UNLABELLED]]
