"""The second half of a prediction: classify the faces that the detect worker found."""

from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from db import classes
from db.models import Prediction, Run
from db.storage import blobs
from trainer.features import crops
from trainer.features.networks import Network, network_of
from trainer.models.head import Head


def classify_prediction(session: Session, prediction_id: int) -> None:
    """Classify the prediction's faces by the model it was requested from, and commit. Safe to run twice."""
    prediction = session.get(Prediction, prediction_id)
    if prediction is None or prediction.status != "detected":
        return
    run = session.get(Run, prediction.run_id)
    assert run is not None
    assert run.head is not None, "only a finished run is ever live"
    head = Head.from_dict(run.head)
    prediction.faces = [
        face | _named(classes.read(session).by_name(run.classes, row))
        for face, row in _classify(prediction, network_of(session, run), head)
    ]
    prediction.status = "done"
    session.commit()


def _named(probabilities: dict[str, float]) -> dict[str, Any]:
    return {"label": max(probabilities, key=probabilities.__getitem__), "probabilities": probabilities}


def _classify(prediction: Prediction, network: Network, head: Head) -> list[tuple[Any, list[float]]]:
    """Each detected face with the probabilities of the run's classes."""
    faces = prediction.faces or []
    if not faces:
        return []
    photo = crops.decode(blobs().get(prediction.blob))
    images = np.stack([network.crop(photo, tuple(face["box"])) for face in faces])
    return list(zip(faces, head.probabilities(network.embedder(images)).tolist(), strict=True))
