"""Faces that look like another one, or like those in a photo that is not kept, over JSON."""

from collections.abc import Sequence
from typing import Any

from apiflask import APIBlueprint
from flask import url_for

from labeller.detection.predictions import read_photo
from labeller.similar.ask import SimilarFace, similar_faces, similar_to_photo
from labeller.similar.findable import SimilarFilter
from web.api import similar_schemas as schemas
from web.database import db

blueprint = APIBlueprint("api_similar", __name__, tag="Similar faces")

RESPONSES: Any = {
    409: "There are no features to compare by yet: they come with the next training, or with the map.",
    503: "No answer in time.",
}


@blueprint.get("/faces/<int:face_id>/similar")
@blueprint.input(schemas.SimilarQuery, location="query")
@blueprint.output(schemas.SimilarOut)
@blueprint.doc(security="token", responses=RESPONSES)
def find_similar(face_id: int, query_data: schemas.SimilarQuery) -> Any:
    """The faces most like this one: by a cosine of the live model's features, exactly."""
    chosen = SimilarFilter(query_data.state, query_data.label)
    return {"items": _items(similar_faces(db(), face_id, query_data.limit, chosen))}


@blueprint.post("/similar")
@blueprint.input(schemas.SimilarPhotoIn, location="form_and_files")
@blueprint.input(schemas.LimitQuery, location="query")
@blueprint.output(schemas.SimilarToPhotoOut)
@blueprint.doc(security="token", responses=RESPONSES)
def find_similar_to_photo(form_and_files_data: schemas.SimilarPhotoIn, query_data: schemas.LimitQuery) -> Any:
    """For each face in a photo the faces most like it. Neither the photo nor its features are kept."""
    pixels = read_photo(form_and_files_data.file.read())
    found = similar_to_photo(db(), pixels, query_data.limit)
    faces = [{"box": one.box, "confidence": one.confidence, "items": _items(one.similar)} for one in found]
    return {"faces": faces}


def _items(found: Sequence[SimilarFace]) -> list[dict[str, Any]]:
    return [
        {
            "face_id": one.face.id,
            "photo_id": one.face.photo_id,
            "similarity": round(one.similarity, 6),
            "label": one.face.label,
            "thumb_url": url_for("pictures.thumb", face_id=one.face.id, v=one.face.box_version),
        }
        for one in found
    ]
