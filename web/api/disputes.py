"""Faces on which people disagree, and faces whose answer is known for certain."""

from typing import Any

from apiflask import APIBlueprint

from labeller.reports import annotator_agreement
from web.api import dispute_schemas as schemas
from web.api.paging import PageQuery, cut
from web.api.photos import face_out
from web.auth.identity import me
from web.database import db

blueprint = APIBlueprint("api_disputes", __name__, tag="Labelling")


@blueprint.get("/disputes")
@blueprint.input(PageQuery, location="query")
@blueprint.output(schemas.DisputesOut)
@blueprint.doc(security="token")
def list_disputes(query_data: PageQuery) -> Any:
    """Faces on which people disagree, with what each of them said. An answer settles one."""
    rows = annotator_agreement.disputed_faces(db(), query_data.ask_for, query_data.cursor)
    shown, after = cut(rows, query_data.limit, lambda row: row[0].id)
    items = [
        {
            "face": face_out(face) | {"photo_id": face.photo_id},
            "opinions": [_opinion_out(one) for one in given],
        }
        for face, given in shown
    ]
    return {"items": items, "next": after}


@blueprint.post("/faces/gold")
@blueprint.input(schemas.GoldIn)
@blueprint.output(schemas.GoldOut)
@blueprint.doc(security="token")
def mark_gold(json_data: schemas.GoldIn) -> Any:
    """Mark faces as certain: people are measured on them. Those that are open or disputed are passed over."""
    marked = annotator_agreement.mark_gold(db(), json_data.face_ids, me())
    db().commit()
    return {"marked": marked}


def _opinion_out(given: annotator_agreement.GivenOpinion) -> dict[str, Any]:
    kind, label = given.opinion
    person = given.person
    return {"person": person.name if person else None, "kind": kind, "label": label}
