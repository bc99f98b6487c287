"""Publish a fitted model: store its files and predictions, compare it with the live model, make it live.

The last commit makes all visible changes at once.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import delete
from sqlalchemy.orm import Session

from db import blob_hold, classes, jobs, signing, tasks
from db.base import now
from db.face_rows import insert_for_faces
from db.i18n import N_
from db.models import Artifact, Outcome, Pick, Run
from db.storage import blobs
from db.webhooks import events
from db.workbench import live_run, lock_workbench
from trainer.arrays import Image
from trainer.data.dataset import Dataset
from trainer.evaluation.paired_test import PromotionDecision
from trainer.evaluation.report import ModelOutputs
from trainer.features import backbone, crops
from trainer.features.feature_store import OnProgress, crops_of
from trainer.features.networks import Network
from trainer.models import browser_forms, card, export
from trainer.models.fit import FittedModel
from trainer.runs import promote, promotion_test, score
from trainer.runs.progress import Progress
from trainer.selection import review_plan

CHECKED_FACES = 8
"""Faces, spread over the dataset, on which every file is checked against the Keras model."""


@dataclass(frozen=True)
class Candidate:
    """A run's fitted model, its predictions for faces it had not learned from, and its metrics."""

    run: Run
    data: Dataset
    fitted: FittedModel
    outputs: ModelOutputs
    metrics: dict[str, Any]


def save(session: Session, candidate: Candidate) -> None:
    """Store the model's files, each checked on real crops, and its predictions. Commits.

    Raises ExportMismatch if a file predicts something else than the Keras model.
    """
    run, data, fitted = candidate.run, candidate.data, candidate.fitted
    crops_to_check = _crops_to_check(session, data, fitted.network)
    exported = export.build_files(fitted.head, fitted.export_backbone, crops_to_check)
    files = {form: file.data for form, file in exported.items()}
    names = classes.read(session).own_names
    files["labels"] = "".join(f"{names[id]}\n" for id in data.classes).encode()
    files["features"] = fitted.network_file or backbone.litert()
    files["detector"] = browser_forms.detector()
    hashes = {form: blobs().put(content) for form, content in files.items()}
    differences = {form: file.difference for form, file in exported.items()}
    files["card"] = _card(session, candidate, hashes, differences)
    hashes["card"] = blobs().put(files["card"])
    blob_hold.keep(session, files.values())
    session.execute(delete(Artifact).where(Artifact.run_id == run.id))
    session.execute(delete(Outcome).where(Outcome.run_id == run.id))
    session.add_all(
        Artifact(
            run_id=run.id, form=form, blob=blob, signature=signing.sign(run.id, form, blob),
            difference=differences.get(form),
        )
        for form, blob in hashes.items()
    )  # fmt: skip
    insert_for_faces(session, Outcome, _outcomes(candidate))
    session.commit()


def _card(
    session: Session, candidate: Candidate, hashes: dict[str, str], differences: dict[str, float]
) -> bytes:
    files = card.Files(hashes, differences)
    return card.render(session, candidate.run, candidate.fitted, candidate.metrics, files).encode()


def _crops_to_check(session: Session, data: Dataset, network: Network) -> list[Image]:
    """Crops of CHECKED_FACES faces, spread over the dataset; grey ones where no picture can be read."""
    ids = [data.rows[i].face_id for i in np.linspace(0, len(data.rows) - 1, CHECKED_FACES).astype(int)]
    found = list(crops_of(session, network, list(dict.fromkeys(ids))).values())
    return found or [np.full((crops.SIDE, crops.SIDE, 3), 128, np.uint8)]


def _outcomes(candidate: Candidate) -> list[dict[str, Any]]:
    """Rows of `Outcome`: the prediction for each face that was not learned from."""
    data, part, probabilities = candidate.data, candidate.outputs.part, candidate.outputs.probabilities
    return [
        {
            "run_id": candidate.run.id,
            "face_id": row.face_id,
            "part": str(part[i]),
            "truth": row.label,
            "label": data.classes[int(probabilities[i].argmax())],
            "probabilities": [round(float(p), 6) for p in probabilities[i]],
            "own": float(probabilities[i][data.classes.index(row.label)]),
            "group_id": row.group,
        }
        for i, row in enumerate(data.rows)
        if part[i]
    ]


def publish(session: Session, candidate: Candidate, progress: Progress, on_progress: OnProgress) -> None:
    """End the run, and make its model live if it passes the promotion test. Commits.

    Every face is scored before the switch, so that nobody sees incomplete scores.
    """
    run, network = candidate.run, candidate.fitted.network
    decline = promotion_test.slow_decline(session, run, candidate.data, candidate.outputs, progress.heartbeat)
    decision, picks = _compare_and_score(session, candidate, progress, on_progress)
    progress.note(N_("Scored every face.") if decision.promote else N_("The live model stays."))
    metrics = candidate.metrics | {
        "against_live": decision.figures,
        "warnings": [*candidate.metrics["warnings"], *([decline] if decline else [])],
        "seconds": progress.phase_seconds(),
    }
    model = {"head": candidate.fitted.head.as_dict(), "backbone": network.id, "metrics": metrics}
    ended = {
        "status": "done", "phase": "done", "progress": 1.0, "finished_at": now(), "reason": decision.reason
    }  # fmt: skip
    jobs.write(session, progress.claim, 0, **(progress.unwritten() | model | ended))
    events.run_ended(session, run.id, "done")
    if decision.promote:
        promote.make_live(session, run, decision.reason)
        review_plan.add(session, picks, run)
    tasks.enqueue_labels_saved(session, run.id)
    session.commit()


def _compare_and_score(
    session: Session, candidate: Candidate, progress: Progress, on_progress: OnProgress
) -> tuple[PromotionDecision, list[Pick]]:
    """Compare with the live model; score every face and plan the review if the candidate is to take over.

    Repeated if another run is promoted meanwhile. On return the workbench's row is locked until the commit,
    so the live model stays the one compared with.
    """
    run, data, fitted = candidate.run, candidate.data, candidate.fitted
    while True:
        live = live_run(session)
        decision = promotion_test.compare_with_live(
            session, live, data, candidate.outputs, progress.heartbeat
        )
        picks: list[Pick] = []
        if decision.promote:
            score.score_all(session, run, fitted.network, fitted.head, on_progress)
            picks = review_plan.plan(session, run, fitted.network, candidate.metrics)
        if lock_workbench(session).live_run_id == (live.id if live else None):
            return decision, picks
        session.commit()
