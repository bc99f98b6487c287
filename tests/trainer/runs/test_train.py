"""Runs in this process, from labelled faces to a live model: what they store, and whether it is correct."""

import json

import numpy as np
import obstore
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from db import integrity, signing
from db.messages import message
from db.models import Artifact, Embedding, Outcome, Photo, Score, WebhookDelivery
from db.storage import _path, blobs
from db.webhooks import hooks
from db.webhooks.events import EVENTS
from labeller.erasure.finish import finish_pending
from labeller.erasure.mark import mark_photos
from labeller.people import people
from tests.environment import PROVE
from tests.labelled import (
    add_labelled_pictures,
    draw_pictures,
    live_run_id,
    sqlite_only,
    train_run,
)
from trainer.evaluation.report import SKIPPED
from trainer.label_efficiency import earlier_heads
from trainer.runs import requests

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@sqlite_only
def test_webhooks_are_told_of_a_run_in_its_order(db: Session) -> None:
    hooks.add(db, hooks.Wish("https://hooks.example/", tuple(EVENTS)), people.owner(db))
    add_labelled_pictures(db, draw_pictures(60))
    run = train_run(db)
    told = db.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)).all()
    of_run = [one.event for one in told if one.subject == f"run:{run.id}"]
    assert of_run[:2] == ["run.done", "model.promoted"]
    assert json.loads(told[0].body)["data"] == {"run_id": run.id, "status": "done"}


@sqlite_only
def test_a_worse_model_is_kept_back_and_explained(db: Session) -> None:
    """The second run learns next to nothing."""
    add_labelled_pictures(db, draw_pictures(120))
    first = train_run(db)
    second = train_run(db, {"epochs": 1, "steps": 1, "learning_rate": 1e-6})
    assert live_run_id(db) == first.id
    assert not second.promoted
    assert "Worse than the live model" in str(second.reason)
    assert second.metrics is not None
    assert second.metrics["against_live"]["n"] == 120, "the locked faces and those out of fold"
    assert set(db.scalars(select(Score.run_id).distinct())) == {first.id}
    assert list(integrity.find_problems(db)) == []
    requests.promote(db, second, people.owner(db), "to see")
    db.commit()
    assert live_run_id(db) == second.id


def test_features_are_stored_and_shared_between_runs(db: Session) -> None:
    pictures = draw_pictures(64)
    faces = add_labelled_pictures(db, pictures[:60])
    train_run(db)
    before = {(row.face_id, row.view): row.vector for row in db.scalars(select(Embedding))}
    train_run(db, {"seed": 1})
    db.expire_all()
    after = {(row.face_id, row.view): row.vector for row in db.scalars(select(Embedding))}
    assert before == after
    more = add_labelled_pictures(db, pictures[60:])
    train_run(db)
    new = {key for (key,) in db.execute(select(Embedding.face_id).distinct())} - {face for face, _ in before}
    assert new == {face.id for face in more}
    mark_photos(db, Photo.id == faces[0].photo_id, None)
    db.commit()
    finish_pending(db)
    assert db.scalar(select(func.count()).where(Embedding.face_id == faces[0].id)) == 0


@pytest.mark.full_size
@sqlite_only
def test_every_exported_file_predicts_the_same_for_real_crops(db: Session) -> None:
    import tempfile
    from pathlib import Path

    import keras

    from trainer.features import backbone, networks
    from trainer.features.feature_store import FeatureRequest, crops_of, features_of
    from trainer.models import export
    from trainer.models.head import Head

    faces = add_labelled_pictures(db, draw_pictures(200 if PROVE else 60))
    run = train_run(db)
    ids = [face.id for face in faces]
    images = crops_of(db, networks.shared(), ids)
    scaled = backbone.scaled(np.stack([images[id] for id in ids]))
    files = {
        form: signing.read_verified(db.get_one(Artifact, (run.id, form)))
        for form in ("keras", "tflite", "onnx")
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(files["keras"])
        expected = keras.models.load_model(path).predict(scaled, verbose=0)
    features = features_of(db, networks.shared(), [FeatureRequest(id, 1) for id in ids])
    stored_head = Head.from_dict(run.head or {}).probabilities(features.undistorted(ids))
    probabilities = {
        "tflite": export.run_litert(files["tflite"], scaled),
        "onnx": export.run_onnx(files["onnx"], scaled),
        "stored head": stored_head,
    }
    for form, predicted in probabilities.items():
        assert np.abs(predicted - expected).max() < 1e-3, form
        assert (predicted.argmax(1) == expected.argmax(1)).all(), form


@sqlite_only
def test_a_tampered_file_is_not_read(db: Session) -> None:
    add_labelled_pictures(db, draw_pictures(40))
    run = train_run(db)
    artifact = db.get_one(Artifact, (run.id, "labels"))
    assert signing.read_verified(artifact) == b"mask\nnomask\n"
    artifact.blob = blobs().put(b"other\n")
    with pytest.raises(signing.Tampered):
        signing.read_verified(artifact)
    assert any("signature" in line for line in integrity.find_problems(db))


@pytest.mark.full_size
@sqlite_only
def test_damaged_pictures_and_features_do_not_stop_a_run_and_are_named(db: Session) -> None:
    faces = add_labelled_pictures(db, draw_pictures(60))
    for face, content in ((faces[3], b""), (faces[8], b"no picture")):
        obstore.put(blobs()._store, _path(face.photo.blob), content)
    train_run(db)
    db.execute(update(Embedding).where(Embedding.face_id == faces[20].id).values(vector=b"short"))
    db.execute(update(Embedding).where(Embedding.face_id == faces[21].id).values(vector=b"\xff" * 2560))
    db.commit()
    run = train_run(db)
    assert run.status == "done", run.error
    assert run.metrics is not None
    skipped = [one for one in run.metrics["warnings"] if one["text"] == SKIPPED]
    assert skipped == [message(SKIPPED, photos=f"{faces[3].photo_id}, {faces[8].photo_id}")]
    assert db.scalar(select(func.count()).where(Outcome.face_id.in_((faces[3].id, faces[8].id)))) == 0
    damaged = [problem for problem in integrity.find_problems(db) if "features" in problem]
    assert damaged == [], "they were computed anew"


@pytest.mark.full_size
@sqlite_only
def test_every_earlier_model_is_measured_on_the_locked_faces_of_today(db: Session) -> None:
    pictures = draw_pictures(120)
    runs = []
    for more in (pictures[:60], pictures[60:90], pictures[90:]):
        add_labelled_pictures(db, more)
        runs.append(train_run(db))
    earlier_heads.measure(db, runs[-1].id)
    curve = runs[-1].learning_curve
    assert curve is not None
    assert [point["run"] for point in curve["points"]] == [run.id for run in runs]
    assert [point["labels"] for point in curve["points"]] == [48, 72, 96]
    assert {point["balanced_accuracy"]["n"] for point in curve["points"]} == {24}
    assert runs[-1].metrics is not None
    newest = runs[-1].metrics["locked"]["balanced_accuracy"]
    assert curve["points"][-1]["balanced_accuracy"] == pytest.approx(newest)
    assert curve["forecast"] is None, "three runs are too few"
