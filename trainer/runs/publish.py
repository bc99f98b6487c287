"""From a fitted model to a published one: its files, what it said of each face, the verdict, the switch.

Nothing that others see changes before the last commit, which does all of it or nothing.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db import jobs, signing, tasks
from db.base import now
from db.face_rows import insert_for_faces
from db.i18n import N_
from db.models import Artifact, Face, Outcome, Pick, Run
from db.storage import blobs
from db.workbench import live_run, workbench
from trainer.data.dataset import Dataset
from trainer.evaluation.report import ModelOutputs
from trainer.features import crops
from trainer.features.networks import Network
from trainer.models import card, export
from trainer.models.fit import FittedModel
from trainer.runs import promote, promotion_test, score
from trainer.runs.progress import LEASE_SECONDS, Progress, Say
from trainer.selection import review_plan

CHECKED = 8
"""Faces, spread over the dataset, on which every file is checked against the Keras model."""


def save(
    session: Session,
    run: Run,
    data: Dataset,
    learned: FittedModel,
    told: ModelOutputs,
    metrics: dict[str, Any],
) -> None:
    """Keep the model's files, each checked on real crops, and what it said of each face. Commits."""
    some = [data.rows[i].face_id for i in np.linspace(0, len(data.rows) - 1, CHECKED).astype(int)]
    made = export.files(learned.head, learned.base, _crops(session, learned.network, some))
    files = {form: one.data for form, one in made.items()}
    files["labels"] = "".join(f"{name}\n" for name in data.classes).encode()
    if learned.features is not None:
        files["features"] = learned.features
    hashes = {form: blobs().put(content) for form, content in files.items()}
    differences = {form: one.difference for form, one in made.items()}
    hashes["card"] = blobs().put(card.text(run, learned, metrics, hashes, differences).encode())
    session.execute(delete(Artifact).where(Artifact.run_id == run.id))
    session.execute(delete(Outcome).where(Outcome.run_id == run.id))
    session.add_all(
        Artifact(
            run_id=run.id, form=form, blob=blob, signature=signing.sign(run.id, form, blob),
            difference=differences.get(form),
        )
        for form, blob in hashes.items()
    )  # fmt: skip
    insert_for_faces(session, Outcome, _outcomes(run, data, told))
    session.commit()


def _crops(session: Session, network: Network, face_ids: list[int]) -> list[NDArray[np.uint8]]:
    faces = session.scalars(select(Face).where(Face.id.in_(face_ids)))
    return [network.crop(crops.decode(blobs().get(face.photo.blob)), face.box) for face in faces]


def _outcomes(run: Run, data: Dataset, told: ModelOutputs) -> list[dict[str, Any]]:
    chances = told.probabilities
    return [
        {
            "run_id": run.id,
            "face_id": row.face_id,
            "part": str(told.part[i]),
            "truth": row.label,
            "label": data.classes[int(chances[i].argmax())],
            "probabilities": [round(float(p), 6) for p in chances[i]],
            "own": float(chances[i][data.classes.index(row.label)]),
            "group_id": row.group,
        }
        for i, row in enumerate(data.rows)
        if told.part[i]
    ]


def publish(
    session: Session,
    run: Run,
    data: Dataset,
    learned: FittedModel,
    told: ModelOutputs,
    metrics: dict[str, Any],
    progress: Progress,
    say: Say,
) -> None:
    """Compare with the live model; score every face before the switch, so that nobody sees half of it."""
    picks: list[Pick] = []
    while True:
        live = live_run(session)
        found = promotion_test.on_the_same_faces(session, live, data, told, progress.beat)
        if found.promote:
            score.score_all(session, run, learned.network, learned.head, say)
            picks = review_plan.plan(session, run, learned.network, metrics)
        jobs.write(session, run, LEASE_SECONDS)  # SQLite locks at a write, not at FOR UPDATE
        if workbench(session).live_run_id == (live.id if live else None):
            break  # and stays so until the commit
        session.commit()  # somebody promoted another run meanwhile: compare with that one
    progress.note(N_("Scored every face.") if found.promote else N_("The live model stays."))
    metrics = metrics | {"against_live": found.figures, "seconds": progress.so_far()}
    model = {"head": learned.head.as_dict(), "backbone": learned.network.id, "metrics": metrics}
    done = {"status": "done", "phase": "done", "progress": 1.0, "finished_at": now(), "reason": found.reason}
    jobs.write(session, run, 0, **(progress.last() | model | done))
    if found.promote:
        promote.make_live(session, run, found.reason)
        review_plan.add(session, picks, run)
    tasks.enqueue_box_training(session, run.id)
    tasks.enqueue_labels_saved(session, run.id)
    session.commit()
