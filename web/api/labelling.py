"""The queue and the answers over JSON; the bench page speaks this too."""

from collections.abc import Sequence
from typing import Any

from apiflask import APIBlueprint
from flask import url_for

from db.errors import Refused
from db.models import Answer
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import latest_answers, record_answer
from labeller.assignments.serve import next_assigned
from labeller.comments.read import count_open
from labeller.queue import bulk, leases
from labeller.queue.items import Item, items_again
from labeller.queue.next_faces import next_faces
from trainer.runs import requests
from web.api import list_schemas, schemas
from web.api.paging import cut
from web.api.photos import face_out
from web.auth.identity import me
from web.database import db
from web.drawing.retraining import detection_note, progress_text
from web.errors import status_of
from web.i18n import _

blueprint = APIBlueprint("api_labelling", __name__, tag="Labelling")


@blueprint.get("/queue")
@blueprint.input(schemas.QueueQuery, location="query")
@blueprint.output(schemas.QueueOut)
@blueprint.doc(security="token")
def get_queue(query_data: schemas.QueueQuery) -> Any:
    """Faces to answer, leased to you. `review` goes by ascending margin, suspected label errors mixed in."""
    if query_data.assignment is not None:
        batch = next_assigned(db(), me(), query_data.assignment, query_data.limit)
    else:
        batch = next_faces(db(), me(), query_data.mode, query_data.limit)
    db().commit()
    items = items_out(batch.items)
    is_label = query_data.mode == "label" and query_data.assignment is None
    note = detection_note(db()) if is_label else None
    return {"items": items, "remaining": batch.remaining, "with_others": batch.with_others, "note": note}


@blueprint.get("/agreed")
@blueprint.input(schemas.AgreedQuery, location="query")
@blueprint.output(schemas.AgreedOut)
@blueprint.doc(security="token")
def get_agreed(query_data: schemas.AgreedQuery) -> Any:
    """Faces that the live model is sure of, look-alikes side by side, leased to you: confirm them in bulk."""
    batch = bulk.sure_faces(db(), me(), query_data.label, query_data.limit)
    db().commit()
    items = items_out(batch.items)
    return {"label": batch.label, "items": items, "remaining": batch.remaining}


@blueprint.get("/progress")
@blueprint.output(schemas.ProgressOut)
@blueprint.doc(security="token")
def get_progress() -> Any:
    """How many answers there are, and how many are needed, until a retrain is worth it."""
    progress = requests.retrain_progress(db())
    return {"have": progress.have, "needed": progress.needed, "reason": progress_text(progress)}


@blueprint.post("/answers")
@blueprint.input(schemas.AnswerIn)
@blueprint.output(schemas.AnswerOut, status_code=201)
@blueprint.doc(security="token", responses={200: "This key was seen before.", 409: "Answered meanwhile."})
def send_answer(json_data: schemas.AnswerIn) -> Any:
    """Answer a face. Sending the same `client_key` again changes nothing."""
    answer, created = record_answer(db(), me(), AnswerInput(**json_data.model_dump()))
    body = {"id": answer.id, "face": face_out(answer.face), "item": _card_out(answer)}
    db().commit()
    return body, 201 if created else 200


@blueprint.post("/answers/many")
@blueprint.input(schemas.AnswersIn)
@blueprint.output(schemas.AnswersOut)
@blueprint.doc(security="token")
def send_answers(json_data: schemas.AnswersIn) -> Any:
    """Several answers in their order, each for itself: one that is refused holds up no other."""
    return {"results": [_result(answer) for answer in json_data.answers]}


def _result(sent: schemas.AnswerIn) -> dict[str, Any]:
    result: dict[str, Any] = {"client_key": sent.client_key}
    try:
        answer, created = record_answer(db(), me(), AnswerInput(**sent.model_dump()))
        result |= {"status": 201 if created else 200, "face": face_out(answer.face)}
        if sent.face_id is None:  # the client cannot know which face it is about
            result["item"] = _card_out(answer)
        db().commit()
    except Refused as error:
        db().rollback()
        problem = {"code": error.code, "message": error.message, "hint": error.hint}
        result |= {"status": status_of(error), "error": problem, **error.detail}
    return result


@blueprint.get("/answers")
@blueprint.input(list_schemas.HistoryQuery, location="query")
@blueprint.output(list_schemas.HistoryOut)
@blueprint.doc(security="token")
def list_answers(query_data: list_schemas.HistoryQuery) -> Any:
    """Your answers that stand, newest first."""
    rows = latest_answers(db(), me(), query_data.ask_for, query_data.cursor)
    answers, after = cut(rows, query_data.limit, lambda answer: answer.id)
    faces = {answer.face_id: answer.face for answer in answers}
    cards = items_out(items_again(db(), list(faces.values()), me()))
    items = {card["face_id"]: card for card in cards}
    return {"items": [_answer_out(answer, items[answer.face_id]) for answer in answers], "next": after}


def _answer_out(answer: Answer, item: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": answer.id,
        "client_key": answer.client_key,
        "kind": answer.kind,
        "label": answer.label,
        "at": answer.created_at.isoformat(),
        "item": item,
    }


def _card_out(answer: Answer) -> dict[str, Any]:
    (card,) = items_out(items_again(db(), [answer.face], me()))
    return card


@blueprint.post("/leases")
@blueprint.input(schemas.LeasesIn)
@blueprint.output(schemas.LeasesOut)
@blueprint.doc(security="token")
def renew_leases(json_data: schemas.LeasesIn) -> Any:
    """Keep the faces you are busy with for yourself, and let others have those that you leave."""
    leases.drop(db(), me(), json_data.drop)
    kept = leases.keep(db(), me(), json_data.keep)
    db().commit()
    return {"kept": sorted(kept)}


def items_out(items: Sequence[Item]) -> list[dict[str, Any]]:
    """Queue items as the API returns them, with how many open notes there are on each face."""
    notes = count_open(db(), [item.face.id for item in items])
    return [_item_out(item) | {"notes": notes.get(item.face.id, 0)} for item in items]


def _item_out(item: Item) -> dict[str, Any]:
    face, guess = item.face, item.guess
    opinion = None
    if guess is not None:
        opinion = {"label": guess.label, "probabilities": guess.probabilities, "run_id": guess.run_id}
    return {
        "face_id": face.id,
        "photo_id": face.photo_id,
        "crop_url": url_for("pictures.crop", face_id=face.id, v=face.box_version),
        "photo_url": url_for("pictures.view", photo_id=face.photo_id, v=face.photo.turned or None),
        "photo_size": (face.photo.width, face.photo.height),
        "box": face.box,
        "label": item.label,
        "why": {"reason": item.reason, "text": _(item.text, **item.values)},
        "prediction": opinion,
        "lease_until": item.lease_until.isoformat(),
    }
