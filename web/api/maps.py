"""The map of all faces over JSON, and sending faces to review by hand."""

from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint

from labeller.queue import picks_by_hand
from trainer.face_map import layout_read
from web.api import map_schemas as schemas
from web.auth.identity import me
from web.database import db

blueprint = APIBlueprint("api_maps", __name__, tag="Review")


@blueprint.get("/map")
@blueprint.output(schemas.MapOut)
@blueprint.doc(security="token")
def get_map() -> Any:
    """Every face's place, by columns: similar faces lie together."""
    return layout_read.read(db())


@blueprint.get("/map/progress")
@blueprint.output(schemas.MapProgressOut)
@blueprint.doc(security="token")
def get_map_progress() -> Any:
    """How many faces have a place."""
    return _progress(layout_read.progress(db()))


@blueprint.post("/map/draw")
@blueprint.output(schemas.MapProgressOut, status_code=202)
@blueprint.doc(security="token")
def draw_map() -> Any:
    """Lay the map out anew if faces have no place yet."""
    state = layout_read.request_drawing(db())
    db().commit()
    return _progress(state)


@blueprint.post("/picks")
@blueprint.input(schemas.PicksIn)
@blueprint.output(schemas.PicksOut, status_code=201)
@blueprint.doc(security="token")
def pick_faces(json_data: schemas.PicksIn) -> Any:
    """Send faces to review, in the order given; those of the locked set stay out."""
    done = picks_by_hand.choose_faces(db(), me(), json_data.face_ids)
    db().commit()
    counts = asdict(done)
    return {"id": counts.pop("event_id"), **counts}


@blueprint.delete("/picks/<int:pick_id>")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token")
def undo_picks(pick_id: int) -> Any:
    """Take faces that you sent out of review again."""
    picks_by_hand.undo_choice(db(), me(), pick_id)
    db().commit()
    return ""


def _progress(state: layout_read.MapProgress) -> dict[str, Any]:
    return {"placed": state.placed, "wanted": state.wanted, "stale": state.stale}
