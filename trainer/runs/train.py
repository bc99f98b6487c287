"""One run, from answers to a model that is live or was kept back with its reason."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from db import integrity, jobs
from db.base import now
from db.i18n import N_
from db.models import Answer, Run
from db.storage import blobs
from trainer.data import dataset
from trainer.data.dataset import Dataset
from trainer.data.recipe import Recipe
from trainer.evaluation import report
from trainer.features import networks
from trainer.features.feature_store import Features, Wanted, crops_of, features_of, features_of_existing
from trainer.features.networks import Network
from trainer.models.fit import FittedModel, features_of_rows, learn
from trainer.models.head import Epoch
from trainer.runs import promote, publish, score
from trainer.runs.progress import LEASE_SECONDS, Progress, Say

log = structlog.get_logger()

OnEpoch = Callable[[int, Epoch], None]
NEWEST = 500
"""Unlabelled faces in which drift is looked for."""
_alone = threading.Lock()
"""A cancelled run needs a moment to hear of it; the next must not use the same compiled steps meanwhile."""


def train(session: Session, run_id: int, attempt: int, owner: str) -> None:
    """Do the run if it is ours to do. Whatever ends it, its row says how; the live model stays until then."""
    if not jobs.claim(session, Run, run_id, attempt, owner, LEASE_SECONDS):
        return
    run = session.get_one(Run, run_id, populate_existing=True)
    with _alone:
        try:
            _do(session, run)
        except jobs.LostLease:
            session.rollback()
            log.info("run_stopped", run=run_id)
        except Exception as error:
            session.rollback()
            log.exception("run_failed", run=run_id)
            _fail(session, run, error)
            raise
        finally:
            promote.forget_old_scores(session)


def _fail(session: Session, run: Run, error: Exception) -> None:
    try:
        jobs.write(
            session, run, 0, status="failed", finished_at=now(), error=f"{type(error).__name__}: {error}"
        )
        session.commit()
    except jobs.LostLease:
        log.info("run_was_not_ours_any_more", run=run.id)


def _do(session: Session, run: Run) -> None:
    recipe, progress = Recipe.of(run.recipe), Progress(session, run)
    with progress.phase("collect"):
        data = _collect(session, run, progress)
    with progress.phase("embed") as say:
        material = Material(session, recipe, say)
        data = material.gather(data)
        progress.note(N_("Looked at %(n)s faces."), n=len(data.rows))
    with progress.phase("fit") as say:
        learned = material.learn(data, progress.epoch, say)
        del material  # 100 MB for 10,000 faces, which the next phases need for themselves
        progress.note(N_("Fitted; kept epoch %(n)s."), n=learned.epochs)
    with progress.phase("validate"):
        told = measured(session, data, learned, recipe, progress.beat)
        learned = replace(learned, head=replace(learned.head, temperature=told.temperature))
        metrics = report.run_metrics(data, told)
        drifted, straddling = (
            _drift(session, data, learned.network, progress.beat),
            integrity.straddling(session),
        )
        metrics |= {
            "drift": drifted,
            "straddling": len(straddling),
            "warnings": report.warnings(data, len(straddling), drifted),
        }
    with progress.phase("save"):
        session.refresh(run)  # progress writes past the object
        publish.save(session, run, data, learned, told, metrics)
        progress.note(N_("Saved and checked the model's files."))
    with progress.phase("score") as say:
        publish.publish(session, run, data, learned, told, metrics, progress, say)


def _collect(session: Session, run: Run, progress: Progress) -> Dataset:
    """The dataset, with its manifest kept; every answer so far is known to a run from here on."""
    session.execute(update(Answer).where(Answer.run_id.is_(None)).values(run_id=run.id))
    data = dataset.collect(session, tuple(run.classes))
    manifest = blobs().put(data.manifest())
    progress.set(manifest=manifest, started_at=run.started_at or now())
    tally = np.bincount(data.labels, minlength=len(data.classes))
    counts = ", ".join(f"{name}: {n}" for name, n in zip(data.classes, tally, strict=True))
    progress.note(N_("Collected %(n)s labelled faces (%(counts)s)."), n=len(data.rows), counts=counts)
    return data


class Material:
    """What the recipe learns from: kept features, or crops to be sent through a network."""

    def __init__(self, session: Session, recipe: Recipe, say: Say) -> None:
        self._session, self._recipe, self._say = session, recipe, say
        self._features: Features | None = None
        self._images: dict[int, Any] = {}
        self.network = networks.tutorial() if recipe.preset == "tutorial" else networks.shared()

    def gather(self, data: Dataset) -> Dataset:
        """Compute what is missing; the dataset without faces that are gone meanwhile."""
        views = 1 if self._recipe.preset == "tutorial" else self._recipe.views
        wanted = [Wanted(row.face_id, views if row.split != "locked" else 1) for row in data.rows]
        kept = features_of(self._session, self.network, wanted, self._say, data.boxes)
        self._features = kept
        gone = kept.missing()
        if self._recipe.preset != "quick":
            learned = [row.face_id for row in data.rows if row.split != "locked" and row.face_id not in gone]
            self._images = crops_of(self._session, self.network, learned, self._say, data.boxes)
            gone |= {id: [0] for id in learned if id not in self._images}
        return data.without(lambda row: row.face_id in gone)

    def learn(self, data: Dataset, on_epoch: OnEpoch, say: Say) -> FittedModel:
        """Fit by the recipe's preset."""
        assert self._features is not None
        recipe = self._recipe
        if recipe.preset == "tutorial":
            from trainer.models import tutorial

            return tutorial.learn(data, self._images, self.network, recipe, on_epoch, say)

        def heard(number: int, epoch: Epoch) -> None:
            if recipe.preset == "quick":
                on_epoch(number, epoch)
                say(number / recipe.epochs)

        learned = learn(data, self._features, self.network, recipe, heard)
        if recipe.preset == "fine-tune":
            from trainer.models import fine_tune

            learned = fine_tune.learn(data, self._images, learned, recipe, on_epoch, say)
        return learned


def measured(
    session: Session, data: Dataset, learned: FittedModel, recipe: Recipe, beat: Say = lambda share: None
) -> report.ModelOutputs:
    """What the model says of the locked people, and models like it of the others."""
    locked = data.where("locked")
    wanted = [Wanted(data.rows[i].face_id, 1) for i in np.flatnonzero(locked)]
    features = features_of(session, learned.network, wanted, beat, data.boxes)
    return report.model_outputs(data, learned, features_of_rows(data, features, locked), recipe.calibration)


def _drift(session: Session, data: Dataset, network: Network, beat: Say) -> dict[str, Any] | None:
    known = data.where("train", "validation")
    labelled = {row.face_id for row in data.rows}
    newest = [id for id in score.newest_faces(session, NEWEST + len(labelled)) if id not in labelled][:NEWEST]
    _, features = features_of_existing(session, network, newest, beat)
    ids = [Wanted(data.rows[i].face_id, 1) for i in np.flatnonzero(known)]
    return report.drift(
        features_of_rows(data, features_of(session, network, ids, beat, data.boxes), known),
        data.groups[known],
        features,
    )
