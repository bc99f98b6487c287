"""Asking a model about photos that are not kept, over JSON or as a drawn picture."""

import functools
import hashlib
import json
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request

from db import classes
from db.box_thresholds import box_thresholds, first_detector
from db.models import Prediction, PredictionBatch
from db.predictions import ENDED
from labeller.detection import prediction_batches
from labeller.detection.predictions import read_photo, request_prediction, wait_for_prediction
from labeller.people.trying import require_may_try
from labeller.photos.annotate import Mark
from labeller.photos.decode import annotated
from labeller.photos.limits import check_size
from labeller.photos.pixels import Pixels
from trainer.runs.asked_model import AskedModel, asked_model, model_hash
from web.api import prediction_schemas as schemas
from web.auth.identity import me
from web.database import db

blueprint = APIBlueprint("api_predictions", __name__, tag="Predictions")

UNKNOWN_CLASS = 9
"""The number, and so the colour, of a class that has been retired since."""
RESPONSES: Any = {
    200: {"description": "The faces.", "content": schemas.PICTURE, "headers": schemas.HEADERS},
    304: {"description": "The ETag of If-None-Match is still that of the answer; no network was asked."},
    409: "There is no such model yet, or its files were dropped.",
    503: "Too many photos wait, or the model did not answer in time.",
}


def _if_may_try(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, once its caller may try models: before the photo is read, let alone found to be wrong."""

    @functools.wraps(view)
    def checked(*args: Any, **kwargs: Any) -> Any:
        require_may_try(db(), me())
        return view(*args, **kwargs)

    return checked


@blueprint.post("/predict")
@_if_may_try
@blueprint.input(schemas.PredictIn, location="form_and_files")
@blueprint.input(schemas.PredictQuery, location="query")
@blueprint.output(schemas.PredictOut)
@blueprint.doc(security="token", responses=RESPONSES)
def predict(form_and_files_data: schemas.PredictIn, query_data: schemas.PredictQuery) -> Any:
    """What a model sees in a photo, which is not kept. With `annotated` the photo is drawn, as JPEG."""
    model, drawn = asked_model(db(), query_data.run), query_data.annotated
    data = form_and_files_data.file.read()
    check_size(data)
    tag = _tag(data, model, drawn)
    if tag in request.if_none_match:
        response = Response(status=304)
    else:
        pixels = read_photo(data)
        prediction = request_prediction(db(), model.run, pixels)
        db().commit()
        faces = wait_for_prediction(db(), prediction).faces or []
        response = _picture(pixels, faces) if drawn else jsonify(_answer(model, faces))
    response.set_etag(tag)
    response.headers["X-Run-Id"], response.headers["X-Model"] = str(model.run.id), model.sha256
    return response


@blueprint.post("/predictions")
@blueprint.input(schemas.BatchIn, location="form_and_files")
@blueprint.input(schemas.RunQuery, location="query")
@blueprint.output(schemas.BatchAccepted, status_code=202)
@blueprint.doc(security="token", responses={409: RESPONSES[409]})
def send_batch(form_and_files_data: schemas.BatchIn, query_data: schemas.RunQuery) -> Any:
    """Ask about many photos. Poll `GET /predictions/{id}`; the answers are kept for an hour."""
    photos = [(file.filename or "", file.read()) for file in form_and_files_data.file]
    batch = prediction_batches.request_batch(db(), asked_model(db(), query_data.run).run, me(), photos)
    db().commit()
    return {"id": batch.id}


@blueprint.get("/predictions/<int:batch_id>")
@blueprint.output(schemas.BatchOut)
@blueprint.doc(security="token")
def get_batch(batch_id: int) -> Any:
    """What a model sees in the photos that you sent together, as far as they are answered."""
    return _batch_out(prediction_batches.get_batch(db(), batch_id, me()))


@blueprint.delete("/predictions/<int:batch_id>")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token")
def delete_batch(batch_id: int) -> Any:
    """Delete the answers; photos that have none yet are not looked at any more."""
    prediction_batches.delete_batch(db(), prediction_batches.get_batch(db(), batch_id, me()))
    return ""


def _tag(data: bytes, model: AskedModel, drawn: bool) -> str:
    """A hash of all that the answer depends on."""
    names = classes.read(db()).shown(model.run.classes)
    rest = [model.run.id, model.sha256, astuple(box_thresholds(db())), first_detector(), names, drawn]
    return hashlib.sha256(hashlib.sha256(data).digest() + json.dumps(rest).encode()).hexdigest()


def _answer(model: AskedModel, faces: list[Any]) -> dict[str, Any]:
    return {"run_id": model.run.id, "model": model.sha256, "faces": faces}


def _picture(pixels: Pixels, faces: list[Any]) -> Response:
    """The photo with the faces drawn over it, each with its class and probability."""
    names = classes.names(db())
    marks = [
        Mark(
            face["box"],
            names.index(face["label"]) if face["label"] in names else UNKNOWN_CLASS,
            f"{face['label']} {face['probabilities'][face['label']]:.0%}",
        )
        for face in faces
    ]
    return Response(annotated(pixels, marks), mimetype="image/jpeg")


def _batch_out(batch: PredictionBatch) -> dict[str, Any]:
    items = [_item_out(item) for item in batch.items]
    answered = sum(item.status in ENDED for item in batch.items)
    status = "running" if batch.status == "done" and answered < len(items) else batch.status
    return {
        "id": batch.id,
        "status": status,
        "progress": answered / len(items),
        "run_id": batch.run_id,
        "model": model_hash(db(), batch.run_id),
        "items": items,
    }


def _item_out(item: Prediction) -> dict[str, Any]:
    return {"name": item.name, "faces": item.faces if item.status == "done" else None, "error": item.error}
