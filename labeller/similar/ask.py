"""Asking the worker that holds all features for the faces most like one of ours, or like those in a photo."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, contains_eager

from db import predictions, queue, replies
from db.base import now
from db.errors import Unavailable
from db.models import SHOWN, Face
from db.storage import blobs
from labeller.errors import NoFeatures
from labeller.photos.access import shown_face
from labeller.photos.pixels import Pixels
from labeller.similar.findable import SimilarFilter

SECONDS = 30.0
"""Until an answer is given up; the worker may have to start, and to read all features first."""
MOST = 100
"""Faces that are found at once."""
ANY = SimilarFilter()
_SHOWN_FACES = select(Face).join(Face.photo).where(Face.id.in_(bindparam("ids", expanding=True)), SHOWN)
_SHOWN_FACES = _SHOWN_FACES.options(contains_eager(Face.photo))


@dataclass(frozen=True)
class SimilarFace:
    """A face that was found; `similarity` is the cosine of the features, at most 1."""

    face: Face
    similarity: float


@dataclass(frozen=True)
class FoundInPhoto:
    """A face in a photo that is not kept: its box in pixels of the photo, and the faces most like it."""

    box: tuple[float, float, float, float]
    confidence: float
    similar: list[SimilarFace]


def similar_faces(
    session: Session, face_id: int, limit: int, chosen: SimilarFilter = ANY
) -> list[SimilarFace]:
    """The faces most like the face, which is never among them, nearest first. Ends the transaction.

    Raises NotFound, NoFeatures and Unavailable.
    """
    face = shown_face(session, face_id)
    reply = _ask(session, {"face": face.id, "limit": limit, "filter": chosen.as_dict()})
    return _loaded(session, reply["found"])


def similar_to_photo(session: Session, pixels: Pixels, limit: int) -> list[FoundInPhoto]:
    """For each face in the photo those most like it. Neither the photo nor its features are kept.

    Ends the transaction. Raises NoFeatures and Unavailable.
    """
    picture = predictions.store(pixels.view, pixels.size, pixels.photo)
    try:
        reply = _ask(session, {"picture": picture, "width": pixels.width, "limit": limit})
    finally:
        blobs().delete(picture)
    return [
        FoundInPhoto(tuple(one["box"]), one["confidence"], _loaded(session, one["found"]))
        for one in reply["faces"]
    ]


def _ask(session: Session, question: dict[str, Any]) -> dict[str, Any]:
    session.commit()  # no connection is kept from others meanwhile
    address, deadline = replies.new_address(), now() + timedelta(seconds=SECONDS)
    question |= {"address": address, "deadline": deadline.isoformat()}
    reply = replies.wait(address, SECONDS) if queue.send(queue.FIND_SIMILAR, (question,)) else None
    if reply is None:
        hint = "The workers may be starting or busy; try again in a moment."
        raise Unavailable("no_answer_in_time", "Similar faces could not be found in time.", hint)
    if "error" in reply:
        raise (NoFeatures if reply["error"]["code"] == NoFeatures.CODE else Unavailable)(**reply["error"])
    return reply


def _loaded(session: Session, found: Sequence[tuple[int, float]]) -> list[SimilarFace]:
    """The faces with their photos, in the order given, without those that were deleted meanwhile."""
    faces = {face.id: face for face in session.scalars(_SHOWN_FACES, {"ids": [id for id, _ in found]})}
    return [SimilarFace(faces[id], similarity) for id, similarity in found if id in faces]
