"""The queue and the answers over JSON; the bench page speaks this too."""

from typing import Any

from apiflask import APIBlueprint
from flask import url_for

from labeller import answers, review
from labeller.errors import BadAnswer
from web.api import schemas
from web.api.photos import face_out
from web.auth import me
from web.database import db

blueprint = APIBlueprint("api_labelling", __name__, tag="Labelling")


@blueprint.get("/queue")
@blueprint.input(schemas.QueueQuery, location="query")
@blueprint.output(schemas.QueueOut)
@blueprint.doc(security="token")
def get_queue(query_data: schemas.QueueQuery) -> Any:
    """Faces to answer, leased to you. `review` is ordered by ascending margin under the live model."""
    batch = review.next_faces(db(), me(), query_data.mode, query_data.limit)
    db().commit()
    return {"items": [item_out(item) for item in batch.items], "remaining": batch.remaining}


@blueprint.post("/answers")
@blueprint.input(schemas.AnswerIn)
@blueprint.output(schemas.AnswerOut, status_code=201)
@blueprint.doc(security="token", responses={200: "This key was seen before.", 409: "Answered meanwhile."})
def send_answer(json_data: schemas.AnswerIn) -> Any:
    """Answer a face. Sending the same `client_key` again changes nothing."""
    if json_data.face_id is None and json_data.kind != "undo":
        raise BadAnswer("face_missing", "This answer needs a face_id.")
    answer, created = answers.record(db(), me(), answers.Given(**json_data.model_dump()))
    item = review.card(db(), answer.face, me())
    db().commit()
    body = {"id": answer.id, "face": face_out(answer.face), "item": item_out(item)}
    return body, 201 if created else 200


def item_out(item: review.Item) -> dict[str, Any]:
    """The contract's form of a card, and what the bench needs beyond it."""
    face, score = item.face, item.score
    opinion = None
    if score is not None:
        named = dict(zip(item.classes, score.probabilities, strict=True))
        opinion = {"label": score.label, "probabilities": named, "run_id": score.run_id}
    return {
        "face_id": face.id,
        "photo_id": face.photo_id,
        "crop_url": url_for("pictures.crop", face_id=face.id, v=face.box_version),
        "photo_url": url_for("pictures.view", photo_id=face.photo_id),
        "photo_size": (face.photo.width, face.photo.height),
        "box": face.box,
        "label": face.label,
        "why": {"reason": item.reason, "text": item.text},
        "prediction": opinion,
        "lease_until": item.lease_until.isoformat(),
    }
