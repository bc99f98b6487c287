"""Photos and faces over JSON."""

import uuid
from typing import Any

from apiflask import APIBlueprint

from db.base import OPEN
from db.models import Face, Person, Photo
from labeller.answers import complete_photos
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.datasets.tags import on_faces
from labeller.erasure.finish import erase_photo
from labeller.erasure.mark import mark_photo
from labeller.photos import access
from labeller.photos.access import visible_photo
from labeller.reports import gallery
from labeller.reports.face_list import FaceQuery, faces_after
from labeller.uploads import intake
from labeller.uploads import turn_photo as turn_photos
from labeller.uploads.subject import photo_subject
from labeller.uploads.try_again import look_again
from web.api import list_schemas, schemas
from web.api.paging import cut
from web.auth.identity import me, must_consent
from web.database import db

blueprint = APIBlueprint("api_photos", __name__, tag="Photos")


@blueprint.post("/photos")
@blueprint.input(schemas.PhotoIn, location="form_and_files")
@blueprint.output(schemas.PhotoAccepted, status_code=201)
@blueprint.doc(security="token", responses={200: "These very bytes were here before.", 413: "Too large."})
def send_photo(form_and_files_data: schemas.PhotoIn) -> Any:
    """Send one photo. Its faces are proposed in the background; poll `GET /photos/{id}`."""
    received = take(form_and_files_data.file.read(), form_and_files_data.person)
    photo = received.photo
    body = {"id": photo.id, "status": status(photo), "duplicate_of": None if received.created else photo.id}
    return body, 201 if received.created else 200


def take(data: bytes, person: str | None) -> intake.Received:
    """Receive a photo from whoever is signed in, and commit."""
    received = intake.receive(db(), data, uploaded_by=me(), person=shown_in(person))
    db().commit()
    return received


def shown_in(name: str | None) -> Person | None:
    """Who is in the photos that the caller sends. Raises Forbidden."""
    return photo_subject(db(), me(), name, must_consent=must_consent())


@blueprint.get("/photos")
@blueprint.input(list_schemas.PhotosQuery, location="query")
@blueprint.output(list_schemas.PhotosOut)
@blueprint.doc(security="token")
def list_photos(query_data: list_schemas.PhotosQuery) -> Any:
    """Photos, newest first; a friend's own."""
    before, limit = query_data.older_than, query_data.limit
    if me().role == "friend":
        page = gallery.photos_of(db(), me(), before, limit)
    else:
        page = gallery.photos(db(), gallery.Filter(tag=query_data.tag), before, limit)
    return {"items": [photo_out(photo) for photo in page.items], "next": page.next}


@blueprint.get("/photos/<int:photo_id>")
@blueprint.output(schemas.PhotoOut)
@blueprint.doc(security="token")
def get_photo(photo_id: int) -> Any:
    """One photo with the faces found so far."""
    return photo_out(visible_photo(db(), photo_id, me()))


def photo_out(photo: Photo) -> dict[str, Any]:
    """A photo as the API returns it."""
    return {
        "id": photo.id,
        "status": status(photo),
        "error": photo.error,
        "width": photo.width,
        "height": photo.height,
        "person": photo.person.name if photo.person else None,
        "person_id": photo.person_id,
        "faces": [face_out(face) for face in photo.faces],
    }


@blueprint.delete("/photos/<int:photo_id>")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token")
def delete_photo(photo_id: int) -> Any:
    """Delete a photo and everything derived from it."""
    erase(photo_id)
    return ""


def erase(photo_id: int) -> None:
    """Delete a photo for whoever is signed in, and commit."""
    photo = mark_photo(db(), photo_id, me())
    db().commit()  # from here on nobody sees it, even if this process is killed
    erase_photo(db(), photo)


@blueprint.post("/photos/<int:photo_id>/retry")
@blueprint.output(schemas.PhotoStatus, status_code=202)
@blueprint.doc(security="token", responses={409: "It has not failed."})
def retry_photo(photo_id: int) -> Any:
    """Look again for the faces of a photo that failed."""
    photo = retry(photo_id)
    return {"id": photo.id, "status": status(photo)}


def retry(photo_id: int) -> Photo:
    """Look again at a failed photo for whoever is signed in, and commit."""
    photo = visible_photo(db(), photo_id, me())
    look_again(db(), photo)
    db().commit()
    return photo


@blueprint.post("/photos/<int:photo_id>/turn")
@blueprint.input(schemas.TurnIn)
@blueprint.output(schemas.PhotoStatus, status_code=202)
@blueprint.doc(security="token", responses={409: "Its faces have been answered."})
def turn_photo(photo_id: int, json_data: schemas.TurnIn) -> Any:
    """Turn a photo clockwise and look for its faces anew."""
    photo = turn(photo_id, json_data.degrees)
    return {"id": photo.id, "status": status(photo)}


def turn(photo_id: int, degrees: int) -> Photo:
    """Turn a photo for whoever is signed in, and commit."""
    photo = visible_photo(db(), photo_id, me())
    turn_photos.turn_photo(db(), photo, degrees, me())
    db().commit()
    return photo


@blueprint.post("/photos/<int:photo_id>/faces")
@blueprint.input(schemas.DrawnIn)
@blueprint.output(schemas.FaceOut, status_code=201)
@blueprint.doc(security="token")
def draw_face(photo_id: int, json_data: schemas.DrawnIn) -> Any:
    """Draw a face that the detector missed."""
    key = json_data.client_key or uuid.uuid4().hex
    drawn = AnswerInput(key, "draw", photo_id=photo_id, box=json_data.box, label=json_data.label)
    answer, created = record_answer(db(), me(), drawn)
    db().commit()
    return face_out(answer.face), 201 if created else 200


@blueprint.put("/photos/<int:photo_id>/complete")
@blueprint.input(schemas.CompleteQuery, location="query")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token", responses={409: "Boxes are left that nobody has answered."})
def complete_photo(photo_id: int, query_data: schemas.CompleteQuery) -> Any:
    """Say that every face in the photo has its box: the detector's recall is counted on such photos."""
    photo = access.get_photo(db(), photo_id)
    complete_photos.complete(db(), photo, me(), reject_left=query_data.reject_left)
    db().commit()
    return ""


@blueprint.delete("/photos/<int:photo_id>/complete")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token")
def reopen_photo(photo_id: int) -> Any:
    """Take that back."""
    complete_photos.reopen(db(), access.get_photo(db(), photo_id), me())
    db().commit()
    return ""


@blueprint.get("/faces")
@blueprint.input(list_schemas.FacesQuery, location="query")
@blueprint.output(list_schemas.FacesOut)
@blueprint.doc(security="token")
def list_faces(query_data: list_schemas.FacesQuery) -> Any:
    """Faces by id, filtered; of one person or with one tag by photo."""
    sent = query_data
    rows = faces_after(
        db(), FaceQuery(sent.cursor, sent.ask_for, sent.state, sent.label, sent.person, sent.tag)
    )
    shown, after = cut(rows, sent.limit, lambda row: row.face.id)
    tags = on_faces(db(), [row.face.id for row in shown])
    items = [
        face_out(row.face)
        | {"photo_id": row.face.photo_id, "person": row.person, "person_id": row.face.photo.person_id}
        | {"split": row.split, "answers": row.answers, "tags": tags.get(row.face.id, [])}
        for row in shown
    ]
    return {"items": items, "next": after}


def face_out(face: Face) -> dict[str, Any]:
    """A face as the API returns it."""
    return {
        "id": face.id,
        "box": face.box,
        "confidence": face.confidence,
        "source": face.source,
        "state": face.state,
        "label": face.label,
    }


def status(photo: Photo) -> str:
    """The API has no `running`: a photo is queued until its faces are there."""
    return "queued" if photo.status in OPEN else photo.status
