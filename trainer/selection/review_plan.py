"""Plans which faces come into review next, and why. The labeller serves the plan.

Planning runs ahead of serving, by the policy of `trainer.selection.policy`. Every plan leaves an event that
says which rule made it and how many faces of each kind it chose.
"""

from collections import Counter
from typing import Any

import numpy as np
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from db import classes
from db.box_thresholds import first_detector
from db.messages import a_class
from db.models import Event, Face, Photo, Pick, Run, Score
from db.settings import settings
from db.webhooks import events
from db.workbench import live_run
from trainer.arrays import IntArray
from trainer.data import dataset
from trainer.features import feature_store, networks
from trainer.features.networks import Network
from trainer.selection import policy
from trainer.selection.plan_state import (
    BATCH,
    can_plan,
    choosable,
    likely_faces,
    runs_low,
    unlabelled_faces,
)
from trainer.selection.policy import Candidate, FacePool, as_candidates
from trainer.selection.weak_slices import WeakSlices, weakest_slices

BATCHES_AHEAD = 10
"""Batches planned at once."""
PLANNED = BATCH * BATCHES_AHEAD
HIDDEN_EVERY = 4
"""Every fourth doubtful box is a hidden one, so that detections that were hidden wrongly are noticed."""


def plan(session: Session, run: Run, network: Network, metrics: dict[str, Any]) -> list[Pick]:
    """The next batches by the run's scores, without faces it has chosen before; not added yet."""
    last = _last_rank(session, Pick.run_id == run.id)
    rng = np.random.default_rng([run.id, last])
    clear = choosable(run).where(*dataset.LIKELY_FACE)
    unlabelled = rng.permutation(_ids(session, clear))
    boxes = _doubtful_boxes(session, run, rng)
    pool = _face_pool(
        session, network, unlabelled, rng.permutation(_labelled(session, run)), _least_sure(session, clear)
    )
    weak = _of_weak_slices(session, clear, weakest_slices(metrics))
    extra = {"weak": weak, "box": boxes}
    chosen = policy.mixed_batches(pool, extra, settings().review_mix, [BATCH] * BATCHES_AHEAD, rng)
    return [
        Pick(face_id=id, run_id=run.id, rank=rank, reason=reason, detail=detail)
        for rank, (id, reason, detail) in enumerate(chosen, start=last + 1)
    ]


def refill(session: Session) -> None:
    """Plan more when the plan runs low. Commits."""
    run = live_run(session)
    if not runs_low(session, run):
        return
    if run is None:
        picks = _typical_picks(session)
    else:
        picks = plan(session, run, networks.network_of(session, run), run.metrics or {})
    add(session, picks, run)
    session.commit()


def add(session: Session, picks: list[Pick], run: Run | None) -> None:
    """Put the picks into the queue and record in the audit trail which rule chose them."""
    if not picks:
        return
    session.add_all(picks)
    run_id = run.id if run else None
    events.emit(session, "review.ready", {"run_id": run_id, "faces": len(picks)})
    rule = "density: no model is live" if run is None else "herding and the mix: a model is live"
    counts = dict(Counter(pick.reason for pick in picks))
    session.add(Event(kind="selected", detail={"run": run_id, "rule": rule, "counts": counts}))


def _last_rank(session: Session, of_run: Any) -> int:
    return session.scalar(select(func.max(Pick.rank)).where(of_run)) or 0


def _labelled(session: Session, run: Run) -> IntArray:
    """Ids of the labelled faces that the run has scored."""
    query = select(Score.face_id).join(Face, Face.id == Score.face_id)
    return _ids(session, query.where(Score.run_id == run.id, Face.label.is_not(None)))


def _least_sure(session: Session, clear: Select[int]) -> dict[int, float]:
    """Margins of the least sure of these faces by id, ascending."""
    query = clear.order_by(Score.margin, Score.face_id).add_columns(Score.margin)
    return dict(session.execute(query.limit(policy.UNCERTAIN_PER_FACE * BATCH)).tuples().all())


def _of_weak_slices(session: Session, clear: Select[int], weak: WeakSlices) -> list[Candidate]:
    """Of these faces the least sure predicted to be of the weak class, then those of the weak person."""
    least_sure = clear.order_by(Score.margin, Score.face_id)
    label = classes.read(session).shown_as[weak.label] if weak.label else None
    of_class = _ids(session, least_sure.where(Score.label == label), PLANNED if weak.label else 0)
    of_person = _ids(session, least_sure.where(Photo.person_id == weak.person), PLANNED if weak.person else 0)
    return as_candidates(of_class, "weak_class", label=a_class(weak.label or 0)) + as_candidates(
        of_person, "weak_person"
    )


def _doubtful_boxes(session: Session, run: Run, rng: np.random.Generator) -> list[Candidate]:
    """Unlikely boxes, those that the detector is surest of first, with hidden ones among them."""
    # Confidences of two detectors cannot be compared: boxes that only another than the first has come last.
    ranked = Face.source != first_detector(), Face.confidence.desc(), Face.id
    shown = choosable(run).where(Face.doubtful, Face.hidden.is_(False)).order_by(*ranked)
    hidden = rng.permutation(_ids(session, choosable(run).where(Face.hidden)))[:PLANNED]
    return as_candidates(_interleave(_ids(session, shown, PLANNED), hidden), "box")


def _interleave(shown: IntArray, hidden: IntArray) -> list[int]:
    """Both in their order, every HIDDEN_EVERY-th from `hidden`, beginning with one of these."""
    left, sampled = shown.tolist(), hidden.tolist()
    mixed = []
    while left or sampled:
        if sampled:
            mixed.append(sampled.pop(0))
        mixed += [left.pop(0) for _ in range(HIDDEN_EVERY - 1) if left]
    return mixed


def _ids(session: Session, query: Select[int], limit: int | None = None) -> IntArray:
    return np.array(session.scalars(query.limit(limit)).all(), np.int64)


def _face_pool(
    session: Session,
    network: Network,
    unlabelled: IntArray,
    labelled: IntArray,
    least_sure: dict[int, float] | None = None,
) -> FacePool:
    def features(ids: list[int]) -> tuple[list[int], Any]:
        return feature_store.features_of_existing(session, network, ids)

    return FacePool(unlabelled, labelled, features, features, least_sure or {})


def _typical_picks(session: Session) -> list[Pick]:
    """A batch of typical faces, for when no model is live; none while photos wait for the detector."""
    if not can_plan(session, None):
        return []
    unlabelled = _ids(session, unlabelled_faces())
    labelled = _ids(session, likely_faces().where(Face.label.is_not(None)))
    rng = np.random.default_rng([len(unlabelled), len(labelled)])
    unlabelled, labelled = rng.permutation(unlabelled), rng.permutation(labelled)
    pool = _face_pool(session, networks.shared(), unlabelled, labelled)
    best = policy.typical(pool, BATCH, rng)
    first = _last_rank(session, Pick.run_id.is_(None)) + 1
    return [Pick(face_id=id, rank=rank, reason="typical") for rank, id in enumerate(best, start=first)]
