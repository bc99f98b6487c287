"""After a run: how many labels choosing faces has saved, by the workbench's own answers (`trainer.saved`)."""

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import OPEN
from db.models import Face, Group, Photo, Pick, Run
from trainer.data import dataset
from trainer.data.dataset import Dataset
from trainer.features import feature_store, networks
from trainer.label_efficiency import labels_saved
from trainer.label_efficiency.simulate import LabelledFaces
from trainer.models.fit import features_of_rows

POOL = 3_000
"""Faces without an answer, drawn at random, that stand for all of them: more need time and change little."""


class _Overtaken(Exception):
    """A newer run waits, runs or is done: it counts anew, and needs the cores."""


def count(session: Session, run_id: int) -> None:
    """Write into the run what was saved, or why that cannot be said yet. Safe to run twice."""
    run = session.get(Run, run_id)
    if run is None:
        return

    newer = select(Run.id).where(Run.id > run_id, Run.status.in_((*OPEN, "done"))).limit(1)

    def beat() -> None:
        if session.scalar(newer) is not None:
            raise _Overtaken
        session.commit()  # hold no snapshot for seconds

    with contextlib.suppress(_Overtaken):
        run.saved = _counted(session, run, beat)
        session.commit()


def _counted(session: Session, run: Run, beat: Callable[[], None]) -> dict[str, Any]:
    data, network = dataset.collect(session, tuple(run.classes)), networks.shared()
    features = feature_store.features_of(
        session, network, [feature_store.FeatureRequest(row.face_id, 1) for row in data.rows]
    )
    gone = features.missing()
    data = data.without(gone)
    labelled, locked = (_known(data, features, *some) for some in (("train", "validation"), ("locked",)))
    drawn = set(session.scalars(select(Pick.face_id).where(Pick.reason == "control")))
    control = np.array([row.face_id in drawn for row in data.rows if row.split != "locked"], bool)
    if (reason := labels_saved.too_little(labelled, control, locked)) is not None:
        return {"too_little": reason}
    _, waiting = feature_store.features_of_existing(session, network, _waiting(session, run.id))
    return labels_saved.labels_saved(labelled, control, waiting, locked, run.id, beat)


def _known(data: Dataset, features: feature_store.Features, *splits: str) -> LabelledFaces:
    mask = data.where(*splits)
    return LabelledFaces(
        features_of_rows(data, features, mask).astype(np.float32), data.labels[mask], data.groups[mask]
    )


def _waiting(session: Session, seed: int) -> list[int]:
    """At most POOL clear faces of open people without an answer, at random."""
    query = select(Face.id).join(Photo).join(Group, Group.id == Photo.group_id)
    query = query.where(*dataset.CHOOSABLE, *dataset.LIKELY_FACE).order_by(Face.id)
    ids = np.array(session.scalars(query).all(), np.int64)
    return [int(id) for id in np.random.default_rng(seed).permutation(ids)[:POOL]]
