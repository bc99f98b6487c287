"""One run, from the labelled faces to a model that is made live, or kept back for a stated reason."""

import threading
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from db import classes, disk, frozen_sets, integrity, jobs, outages
from db.base import now
from db.i18n import N_
from db.messages import class_counts
from db.models import Answer, Run
from db.storage import blobs
from db.webhooks import events
from trainer.data import dataset, own_version, version_data
from trainer.data.dataset import Dataset
from trainer.data.minimum_labels import require_for_training
from trainer.data.recipe import Recipe
from trainer.evaluation import report
from trainer.evaluation.drift import GroupedFeatures, measure_drift
from trainer.features.feature_store import OnProgress, features_of_existing, undistorted_features
from trainer.features.networks import Network
from trainer.models.fit import FittedModel
from trainer.models.presets import fit_model
from trainer.runs import kept_models, promote, publish, score
from trainer.runs.inputs import gather_inputs, held_out_outputs
from trainer.runs.progress import LEASE_SECONDS, Progress
from trainer.runs.publish import Candidate

log = structlog.get_logger()

DRIFT_FACES = 500
"""The number of newest unlabelled faces that are tested for drift."""
one_at_a_time = threading.Lock()
"""A cancelled run takes a moment to stop, and nothing else may use the same compiled steps meanwhile."""


def train(session: Session, run_id: int, attempt: int, owner: str) -> None:
    """Train the run if this attempt can claim it; how it ended is stored in its row.

    Errors are stored and raised again. The live model does not change before the run is done. On a full disk
    the run waits: the sweep sends it again.
    """
    if disk.space().is_low:
        log.warning("no_space", run=run_id)
        return
    claim = jobs.claim(session, Run, run_id, attempt, jobs.Holder(owner, LEASE_SECONDS))
    if claim is None:
        return
    run = session.get_one(Run, run_id, populate_existing=True)
    with one_at_a_time:
        try:
            _train(session, run, Progress(session, run, claim))
        except jobs.LostLease:
            session.rollback()
            log.info("run_stopped", run=run_id)
        except Exception as error:
            if outages.is_outage(error) or disk.is_full_error(error):
                raise  # it is not the run that failed: when its lease has ended it is started again
            session.rollback()
            log.exception("run_failed", run=run_id)
            _fail(session, claim, error)
            raise
        finally:
            promote.delete_old_scores(session)
            kept_models.drop_old(session)


def _fail(session: Session, claim: jobs.Claim, error: Exception) -> None:
    try:
        jobs.write(
            session, claim, 0, status="failed", finished_at=now(), error=f"{type(error).__name__}: {error}"
        )
        events.run_ended(session, claim.id, "failed")
        session.commit()
    except jobs.LostLease:
        log.info("run_was_not_ours_any_more", run=claim.id)


def _train(session: Session, run: Run, progress: Progress) -> None:
    recipe = Recipe.parse(run.recipe)
    with progress.phase("collect"):
        data = _collect(session, run, progress)
    usable, fitted = _embed_and_fit(session, data, recipe, progress)
    with progress.phase("validate"):
        candidate = _validate(session, run, usable, fitted, progress)
        damaged = dataset.existing_photos(session, data, usable)
        candidate.metrics["warnings"] += report.skipped(damaged)
    with progress.phase("save"):
        session.refresh(run)  # progress writes to the row, not to this object
        publish.save(session, candidate)
        progress.note(N_("Saved and checked the model's files."))
    with progress.phase("score") as on_progress:
        publish.publish(session, candidate, progress, on_progress)


def _collect(session: Session, run: Run, progress: Progress) -> Dataset:
    """The dataset, with its manifest stored, and its version."""
    frozen_sets.lock(session)
    classes.lock(session)  # labels are read by name: no class may be renamed in between
    version_id = run.version_id
    if version_id is None:
        data, version_id = _all_answers(session, run)
    else:
        data = _version(session, run, progress)
    manifest = blobs().put(data.manifest())
    progress.set(manifest=manifest, version_id=version_id, started_at=run.started_at or now())
    tally = np.bincount(data.labels, minlength=len(data.classes)).tolist()
    counts = class_counts(dict(zip(data.classes, tally, strict=True)))
    progress.note(N_("Collected %(n)s labelled faces (%(counts)s)."), n=len(data.rows), counts=counts)
    return data


def _all_answers(session: Session, run: Run) -> tuple[Dataset, int]:
    """What is labelled now, and the id of the version that it is frozen as.

    From here on, every answer so far counts as seen by a run.
    """
    session.execute(update(Answer).where(Answer.run_id.is_(None)).values(run_id=run.id))
    data = dataset.collect(session, run.classes, classes.read(session))
    return data, own_version.of_dataset(session, data).id


def _version(session: Session, run: Run, progress: Progress) -> Dataset:
    """What the version that the run was asked to learn from has, as far as it may be used now."""
    current = classes.read(session)
    found = version_data.collect(session, run, current)
    version = version_data.get_version(session, int(run.version_id or 0))
    if version.name is not None:
        progress.note(N_("Learns from version “%(name)s”."), name=version.name)
    if version.faces_gone:
        progress.note(N_("%(n)s of its faces have been deleted since."), n=version.faces_gone)
    if found.locked:
        progress.note(N_("%(n)s of its faces for training are locked now: measured on only."), n=found.locked)
    if found.opened:
        progress.note(N_("%(n)s of its locked faces are not locked any more: left out."), n=found.opened)
    labels = Counter(row.label for row in found.dataset.rows if row.split != "locked")
    counts = {name: labels[id] for name, id in current.ids.items()}
    require_for_training(counts, current.shown(run.classes))
    return found.dataset


def _embed_and_fit(
    session: Session, data: Dataset, recipe: Recipe, progress: Progress
) -> tuple[Dataset, FittedModel]:
    """The faces that still exist, and the model fitted on them.

    The inputs, 100 MB for 10,000 faces, are freed on return: later phases need that memory themselves.
    """
    with progress.phase("embed") as on_progress:
        inputs = gather_inputs(session, data, recipe, on_progress)
        progress.note(N_("Looked at %(n)s faces."), n=len(inputs.data.rows))
    with progress.phase("fit") as on_progress:
        fitted = fit_model(inputs, recipe, progress.add_epoch, on_progress)
        progress.note(N_("Fitted; kept epoch %(n)s."), n=fitted.epochs)
    return inputs.data, fitted


def _validate(
    session: Session, run: Run, data: Dataset, fitted: FittedModel, progress: Progress
) -> Candidate:
    """The calibrated model with its metrics and warnings."""
    outputs = held_out_outputs(session, data, fitted, Recipe.parse(run.recipe), progress.heartbeat)
    fitted = replace(fitted, head=replace(fitted.head, temperature=outputs.temperature))
    drift = _drift(session, data, fitted.network, progress.heartbeat)
    straddling = len(integrity.straddling_near_duplicates(session))
    metrics = report.run_metrics(data, outputs) | {
        "drift": drift,
        "straddling": straddling,
        "warnings": report.warnings(data, straddling, drift),
    }
    return Candidate(run, data, fitted, outputs, metrics)


def _drift(
    session: Session, data: Dataset, network: Network, on_progress: OnProgress
) -> dict[str, Any] | None:
    """How the newest unlabelled faces differ from those the model learned from."""
    learned = data.where("train", "validation")
    labelled = {row.face_id for row in data.rows}
    candidates = score.newest_faces(session, DRIFT_FACES + len(labelled))
    newest = [id for id in candidates if id not in labelled][:DRIFT_FACES]
    existing, new_features = features_of_existing(session, network, newest, on_progress)
    learned_ids = data.face_ids(learned)
    features = undistorted_features(session, network, learned_ids, on_progress, data.boxes)
    groups = dataset.groups_of(session, existing)
    return measure_drift(
        GroupedFeatures(features.undistorted(learned_ids), data.groups[learned]),
        GroupedFeatures(new_features, np.array([groups[id] for id in existing], np.int64)),
    )
