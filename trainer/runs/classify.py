"""The second half of a prediction: classify the faces that the detect worker found."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

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
    prediction.faces = _classify(prediction, network_of(session, run), head, run.classes)
    prediction.status = "done"
    session.commit()


def _classify(prediction: Prediction, network: Network, head: Head, names: Sequence[str]) -> list[Any]:
    """The detected faces with label and probabilities by class name."""
    faces = prediction.faces or []
    if not faces:
        return []
    photo = crops.decode(blobs().get(prediction.blob))
    images = np.stack([network.crop(photo, tuple(face["box"])) for face in faces])
    probabilities = head.probabilities(network.embedder(images))
    return [
        face
        | {
            "label": names[int(row.argmax())],
            "probabilities": {name: float(p) for name, p in zip(names, row, strict=True)},
        }
        for face, row in zip(faces, probabilities, strict=True)
    ]
