"""The photos one by one, to correct their boxes and mark them complete."""

from typing import Any

from apiflask import APIBlueprint
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from db.models import Photo
from labeller.answers import boxes
from labeller.photos.access import get_photo
from labeller.reports import annotator_agreement
from web.api.photos import face_out
from web.auth.identity import me
from web.database import db
from web.input import number

pages = APIBlueprint("boxes", __name__, enable_openapi=False)


@pages.get("/boxes")
def page() -> ResponseReturnValue:
    """The next photo that is not marked complete."""
    next_id = boxes.take_next_incomplete(db(), me(), number(request.args, "after", 0))
    db().commit()
    if next_id is not None:
        return redirect(url_for(".photo", photo_id=next_id))
    return render_template(
        "boxes/boxes.html", photo=None, disagreements=annotator_agreement.count_disputed(db())
    )


@pages.get("/boxes/<int:photo_id>")
def photo(photo_id: int) -> ResponseReturnValue:
    shown = get_photo(db(), photo_id)
    return render_template(
        "boxes/boxes.html",
        photo=shown,
        photo_data=_photo_data(shown),
        left=boxes.count_incomplete(db()),
        disagreements=annotator_agreement.count_disputed(db()),
    )


def _photo_data(photo: Photo) -> dict[str, Any]:
    faces = [
        face_out(face) | {"face_id": face.id, "doubtful": face.doubtful, "keypoints": face.keypoints}
        for face in photo.faces
        if face.offered
    ]
    complete = photo.completed_at is not None
    return {
        "id": photo.id,
        "width": photo.width,
        "height": photo.height,
        "complete": complete,
        "faces": faces,
    }
