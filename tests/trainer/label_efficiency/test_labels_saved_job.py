"""Labels saved, counted from a workbench's own answers, and when the count is skipped."""

from collections.abc import Callable

import numpy as np
import pytest
from sqlalchemy.orm import Session

from db.models import Face, Pick, Run
from tests import labelled
from tests.labelled import sqlite_only
from trainer.features import networks
from trainer.features.networks import Network
from trainer.label_efficiency import labels_saved, labels_saved_job
from trainer.label_efficiency.random_baseline import AnsweredPool

NETWORK = Network("planted", False, None)  # type: ignore[arg-type] # no test embeds anything

pytestmark = [pytest.mark.slow, sqlite_only]


@pytest.fixture
def faces(db: Session, monkeypatch: pytest.MonkeyPatch) -> list[Face]:
    """900 faces, every other one masked, separable by their features; every third is answered."""
    monkeypatch.setattr(networks, "shared", lambda: NETWORK)
    faces = labelled.add_labelled_faces(db, 900)
    vectors = np.random.default_rng(0).normal(0, 1, (900, 1280))
    vectors[:, :30] += 1 - 2 * (np.arange(900) % 2)[:, None]
    for index, face in enumerate(faces):
        if index % 3 and face.photo.group.split != "locked":
            face.state, face.label, face.decided_at, face.waiting = "proposed", None, None, True
    labelled.add_features(db, faces, vectors, NETWORK.id)
    return faces


def draw_at_random(db: Session, run: Run, faces: list[Face]) -> set[int]:
    """Make every tenth face a control pick; returns those that are answered and not locked."""
    chosen = faces[::10]
    db.add_all([Pick(face_id=face.id, run_id=run.id, rank=face.id, reason="control") for face in chosen])
    db.add_all(
        [Pick(face_id=face.id, run_id=run.id, rank=face.id, reason="uncertain") for face in faces[3::9]]
    )
    db.commit()
    return {face.id for face in chosen if face.label and face.photo.group.split != "locked"}


@pytest.mark.full_size
def test_it_counts_from_the_faces_chosen_at_random(db: Session, faces: list[Face]) -> None:
    run = labelled.add_finished_run(db)
    control = draw_at_random(db, run, faces)
    labels_saved_job.count(db, run.id)
    db.refresh(run)
    saved = run.labels_saved or {}
    locked = [face for face in faces if face.photo.group.split == "locked"]
    answered = [face for face in faces if face.label and face not in locked]
    assert (saved["n"], saved["given"], saved["control"]) == (len(locked), len(answered), len(control))
    assert saved["pool"] == len(faces) - len(locked)
    assert saved["low"] <= saved["value"] <= saved["high"]
    first = dict(saved)
    labels_saved_job.count(db, run.id)  # the message may be delivered twice
    db.refresh(run)
    assert run.labels_saved == first


def test_too_few_answers_are_stored_as_an_explanation(db: Session, faces: list[Face]) -> None:
    run = labelled.add_finished_run(db)
    labels_saved_job.count(db, run.id)
    db.refresh(run)
    assert run.labels_saved == {
        "too_little": [labels_saved.FEW_CONTROL, {"n": 0, "least": labels_saved.MIN_CONTROL}]
    }
    labels_saved_job.count(db, run.id + 1)  # a run that does not exist


@pytest.mark.full_size
def test_the_unlabelled_sample_has_no_doubtful_boxes(
    db: Session, faces: list[Face], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels_saved_job, "MAX_UNLABELLED", 50)
    waiting = [face for face in faces if face.decided_at is None]
    for face in waiting[:300]:
        face.doubtful = True
    db.commit()
    sample = labels_saved_job._unlabelled_sample(db, 1)
    assert len(set(sample)) == 50
    assert set(sample) <= {face.id for face in waiting[300:]}
    assert sample != labels_saved_job._unlabelled_sample(db, 2)


def test_it_stops_for_a_newer_run(db: Session, faces: list[Face], monkeypatch: pytest.MonkeyPatch) -> None:
    run = labelled.add_finished_run(db)
    draw_at_random(db, run, faces)
    asked = []

    def overtaken(pool: AnsweredPool, seed: int, heartbeat: Callable[[], None]) -> dict[str, object]:
        asked.append(len(pool.labelled.labels))
        heartbeat()
        labelled.add_finished_run(db)
        heartbeat()
        raise AssertionError("it went on")

    monkeypatch.setattr(labels_saved, "labels_saved", overtaken)
    labels_saved_job.count(db, run.id)
    db.refresh(run)
    assert asked
    assert run.labels_saved is None
