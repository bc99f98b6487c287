"""Answering who looks for similar faces. Question and answer go through the broker, and are not kept."""

from datetime import datetime
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from db import predictions, replies, signing
from db.base import now
from inference.faces import find_faces
from inference.similar.index import FaceIndex
from inference.similar.stored import index_of, network_in_use, vector_of
from labeller.errors import NoFeatures
from labeller.similar.findable import SimilarFilter, versions_of
from trainer.errors import BackboneMissing, UnreadablePicture
from trainer.features import networks
from trainer.runs.classify import features_of

log = structlog.get_logger()

SPARE = 16
"""Faces looked at beyond those wanted, since some may be deleted, rejected or filtered out."""
UNREADABLE = (OSError, UnreadablePicture, BackboneMissing, signing.Tampered)
Found = list[tuple[int, float]]


def answer(session: Session, question: dict[str, Any]) -> None:
    """Answer whoever waits; nothing happens after their deadline. Nothing is written."""
    if now() > datetime.fromisoformat(question["deadline"]):
        return
    try:
        reply = _of_photo(session, question) if "picture" in question else _of_face(session, question)
    except NoFeatures as error:
        reply = _error(error.code, error.message, error.hint)
    except UNREADABLE as error:
        log.warning("not_searched", error=str(error))
        message = "The picture or the model could not be read."
        reply = _error("not_readable", message, "Try again in a moment.")
    replies.send(question["address"], reply)


def nearest(
    session: Session,
    index: FaceIndex,
    vector: NDArray[np.float16],
    limit: int,
    chosen: SimilarFilter,
) -> Found:
    """Ids and cosines of the `limit` nearest faces that may be found, nearest first."""
    cosines, count = index.cosines(vector), limit + SPARE
    while True:
        ranked = index.nearest(vector, cosines, count)
        current = versions_of(session, [id for id, _ in ranked], chosen)
        found = [(id, cosine) for id, cosine in ranked if current.get(id) == index.versions[id]]
        if len(found) >= limit or count >= len(index):
            return found[:limit]
        count *= 8


def _of_face(session: Session, question: dict[str, Any]) -> dict[str, Any]:
    network, face_id, limit = network_in_use(session), question["face"], question["limit"]
    vector = vector_of(session, network, face_id) if network else None
    if network is None or vector is None:
        hint = "They come with the next training, or when the map is drawn; then look again."
        raise NoFeatures(NoFeatures.CODE, "This face has not been compared with others yet.", hint)
    index = index_of(session, network)
    found = nearest(session, index, vector, limit + 1, SimilarFilter(**question["filter"]))
    return {"found": [one for one in found if one[0] != face_id][:limit]}


def _of_photo(session: Session, question: dict[str, Any]) -> dict[str, Any]:
    network = network_in_use(session)
    index = index_of(session, network) if network else None
    if network is None or not index:
        hint = "Train a model or open the map; then look again."
        raise NoFeatures(NoFeatures.CODE, "No face can be compared with others yet.", hint)
    picture = predictions.read(question["picture"])
    faces = find_faces(session, picture, question["width"])
    vectors = features_of(networks.by_id(session, network), picture, faces).astype("<f2")
    searched = [nearest(session, index, vector, question["limit"], SimilarFilter()) for vector in vectors]
    return {"faces": [face | {"found": found} for face, found in zip(faces, searched, strict=True)]}


def _error(code: str, message: str, hint: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "hint": hint}}
