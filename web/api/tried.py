"""Keeping tried photos over JSON."""

import uuid
from typing import Any

from apiflask import APIBlueprint

from labeller.answers.tried import Correction, Tried, keep_tried, require_tried
from web.api import tried_schemas as schemas
from web.api.photos import face_out, take
from web.auth.identity import me
from web.database import db

blueprint = APIBlueprint("api_tried", __name__, tag="Photos")


@blueprint.post("/tried")
@blueprint.input(schemas.TriedIn, location="form_and_files")
@blueprint.output(schemas.TriedOut, status_code=201)
@blueprint.doc(
    security="token",
    responses={
        200: "These very bytes were here before.",
        409: "Somebody else is just answering the face.",
        413: "Too large.",
    },
)
def keep_photo(form_and_files_data: schemas.TriedIn) -> Any:
    """Keep a photo that a model was tried on, like any other photo, and say where the model was wrong."""
    sent = form_and_files_data
    corrections = [Correction(one.box, one.label) for one in sent.corrections]
    tried = Tried(sent.run, corrections, sent.client_key or uuid.uuid4().hex)
    require_tried(db(), me(), tried)
    received = take(sent.file.read(), None)
    faces = keep_tried(db(), me(), received.photo, tried)
    db().commit()
    body = {"id": received.photo.id, "faces": [face_out(face) for face in faces]}
    return body, 201 if received.created else 200
