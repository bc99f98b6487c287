"""Runs by each preset, and the same run again: it gives the same figures."""

import json
import os
import subprocess
import sys

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from db import integrity, signing
from db.models import Artifact, Embedding, Outcome, Photo, Score
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.erasure.finish import finish_pending
from labeller.erasure.mark import mark_photos
from labeller.people import people
from tests.environment import PROVE
from tests.labelled import (
    add_finished_run,
    add_labelled_pictures,
    draw_pictures,
    live_run_id,
    sqlite_only,
    train_run,
)
from tests.workbench_process import ROOT
from trainer.data import minimum_labels

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SMALL = {
    "quick": {"preset": "quick"},
    "tutorial": {"preset": "tutorial", "views": 2, "epochs": 4},
    "fine-tune": {"preset": "fine-tune", "views": 2, "epochs": 2, "folds": 2, "blocks": 1},
}


@pytest.mark.parametrize(
    ("db", "preset"),
    [
        ("sqlite", "quick"),
        ("postgres", "quick"),
        pytest.param("sqlite", "tutorial", marks=pytest.mark.full_size),
        pytest.param("sqlite", "fine-tune", marks=pytest.mark.full_size),
    ],
    indirect=["db"],
)
def test_a_run_by_each_preset_is_complete_and_can_be_replayed(
    db: Session, preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainer.runs.replay import replay

    monkeypatch.setattr(minimum_labels, "PER_CLASS_TO_FINE_TUNE", 10)
    faces = add_labelled_pictures(db, draw_pictures(100))
    run = train_run(db, SMALL[preset])
    assert run.status == "done", run.error
    assert live_run_id(db) == run.id
    assert list(integrity.find_problems(db)) == []
    metrics = run.metrics or {}
    assert metrics["locked"]["balanced_accuracy"]["value"] > 0.7
    assert (metrics["cross_validated"] is None) == (preset == "tutorial")
    forms = {artifact.form for artifact in db.scalars(select(Artifact))}
    assert forms == {"keras", "tflite", "onnx", "onnx16", "detector", "features", "labels", "card"}
    card = signing.read_verified(db.get_one(Artifact, (run.id, "card"))).decode()
    for words in ("Balanced accuracy", str(run.manifest), str(run.backbone), "Limits"):
        assert words in card
    assert db.scalar(select(func.count()).select_from(Score)) == len(faces)
    assert run.log
    assert run.curve
    if PROVE or preset == "quick":  # the others take as long again
        assert replay(db, run).difference == 0.0


@pytest.mark.full_size
def test_a_replay_uses_the_boxes_of_its_run_and_counts_erased_faces(db: Session) -> None:
    from trainer.runs.replay import replay

    faces, owner = add_labelled_pictures(db, draw_pictures(100)), people.owner(db)
    db.execute(update(Photo).where(Photo.id <= 40).values(tried_run_id=add_finished_run(db).id))
    run = train_run(db)
    assert (run.metrics or {})["tried"]["n"] == 40
    db.execute(update(Photo).values(tried_run_id=None))
    record_answer(db, owner, AnswerInput("move", "adjust", faces[5].id, box=(3, 3, 40, 40)))
    record_answer(db, owner, AnswerInput("other", "label", faces[4].id, "nomask"))
    db.commit()
    again = replay(db, run)
    assert (again.difference, again.missing) == (0.0, 0)
    mark_photos(db, Photo.id == faces[7].photo_id, owner)
    db.commit()
    finish_pending(db)
    assert replay(db, run).missing == 1
    assert db.scalar(select(func.count()).where(Outcome.face_id == faces[7].id)) == 0


@pytest.mark.full_size
@sqlite_only
def test_a_replay_with_another_number_of_threads_gives_the_same_metrics(db: Session) -> None:
    """One core instead of all, in another process, and without stored features."""
    add_labelled_pictures(db, draw_pictures(100))
    run = train_run(db)
    db.execute(delete(Embedding))
    db.commit()
    core = str(min(os.sched_getaffinity(0)))
    done = subprocess.run(
        ["taskset", "-c", core, sys.executable, "-m", "trainer.runs.replay"], input=str(run.id).encode(),
        cwd=ROOT, env=os.environ | {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"},
        stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1])["difference"] <= 1e-3
