"""A prediction whose sender waits notes whether its photo looks unusual to the live model."""

from types import SimpleNamespace

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import classes
from db.models import Prediction, TriedLook
from db.storage import blobs
from inference import predict
from labeller.detection import detectors
from labeller.detection.predictions import read_photo, request_prediction
from tests.detector_stubs import LEFT, RIGHT, SaysBoxes
from tests.factories import add_live_run
from tests.labelled import add_features, add_labelled_faces
from tests.pictures import jpeg, portrait
from trainer.data import dataset
from trainer.features import crops, networks


@pytest.mark.parametrize("boxes", [[LEFT, RIGHT], []], ids=["two faces", "no face"])
def test_one_bit_is_noted_of_a_photo_with_faces(
    db: Session, monkeypatch: pytest.MonkeyPatch, boxes: list[tuple[float, float, float, float]]
) -> None:
    faces, run = add_labelled_faces(db, 40), add_live_run(db)
    noise = np.random.default_rng(0).normal(size=(41, 1280)) / 100
    add_features(db, faces, noise[:40] + np.eye(1280)[0], "b")
    run.manifest = blobs().put(dataset.collect(db, [1, 2], classes.read(db)).manifest())
    run.backbone, run.head = "b", {"kernel": np.zeros((1280, 2)).tolist(), "bias": [0, 0], "temperature": 1}
    unlike = noise[40] + np.eye(1280)[5]
    network = SimpleNamespace(crop=crops.crop, embedder=lambda images: np.tile(unlike, (len(images), 1)))
    monkeypatch.setattr(networks, "is_stored", lambda session, id: True)
    monkeypatch.setattr(networks, "by_id", lambda session, id: network)
    monkeypatch.setattr(detectors, "load", lambda name: SaysBoxes(name, [(box, 0.9) for box in boxes]))
    asked = request_prediction(db, run, read_photo(jpeg(portrait(5, False))))
    db.commit()
    predict.answer(db, asked.id)
    answered = db.get_one(Prediction, asked.id, populate_existing=True)
    assert (answered.status, len(answered.faces or [])) == ("done", len(boxes))
    assert list(db.scalars(select(TriedLook.unusual))) == [True] * bool(boxes)
