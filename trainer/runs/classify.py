"""Classifying the faces that a detector found in a photo that is not kept."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import classes, predictions
from db.models import Prediction, Run
from db.predictions import PredictionPicture
from trainer.arrays import Float32Array
from trainer.features import crops
from trainer.features.networks import Network, by_id
from trainer.models.head import Head

Face = dict[str, Any]


@dataclass(frozen=True)
class RunModel:
    """The id of the network whose features the head of a run reads, and the ids of its classes."""

    network: str
    head: Head
    classes: list[int]


_read: dict[int, RunModel] = {}
MOST_READ = 8
"""Models in memory: some kB each, which take a millisecond to read."""


def model_of(session: Session, run_id: int) -> RunModel:
    """The model of a run that has one; from memory, since it never changes."""
    if run_id not in _read:
        while len(_read) >= MOST_READ:
            del _read[next(iter(_read))]
        row = session.execute(select(Run.backbone, Run.head, Run.classes).where(Run.id == run_id)).one()
        _read[run_id] = RunModel(str(row.backbone), Head.from_dict(row.head), row.classes)
    return _read[run_id]


def features_of(network: Network, picture: PredictionPicture, faces: list[Face]) -> Float32Array:
    """Features (n, 1280) of the faces, each with a `box` in pixels of the photo."""
    pixels = picture.view if picture.photo is None else crops.decode(picture.photo)
    images = [network.crop(pixels, tuple(face["box"])) for face in faces]
    return network.embedder(np.array(images, np.uint8).reshape(-1, crops.SIDE, crops.SIDE, 3))


def classified(session: Session, model: RunModel, faces: list[Face], features: Float32Array) -> list[Face]:
    """The faces with the `label` and the `probabilities` of the run's classes, as they are called now."""
    names = classes.read(session)
    rows = model.head.probabilities(features).tolist()
    return [face | _named(names.by_name(model.classes, row)) for face, row in zip(faces, rows, strict=True)]


def _named(probabilities: dict[str, float]) -> Face:
    return {"label": max(probabilities, key=probabilities.__getitem__), "probabilities": probabilities}


def classify_prediction(session: Session, prediction_id: int) -> None:
    """Classify faces by the network of a run of an earlier version, which needs TensorFlow. Commits.

    Safe to run twice.
    """
    prediction = session.get(Prediction, prediction_id)
    if prediction is None or prediction.status != "detected":
        return
    model, faces = model_of(session, prediction.run_id), prediction.faces or []
    features = features_of(by_id(session, model.network), predictions.load(prediction), faces)
    prediction.faces = classified(session, model, faces, features)
    prediction.status = "done"
    predictions.finish(session, prediction)
