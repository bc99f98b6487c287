"""The map of all faces: shown, laid out again when it is stale, and a region of it sent to review."""

from apiflask import APIBlueprint
from flask import jsonify, render_template
from flask.typing import ResponseReturnValue

from db.i18n import N_
from db.workbench import live_run
from labeller.queue import picks_by_hand
from labeller.queue.items import UNDECIDED, UNSURE
from trainer.evaluation import drift
from trainer.face_map import layout_read
from web.api.schemas import Strict
from web.auth.identity import me
from web.database import db
from web.i18n import _, ngettext
from web.input import Id
from web.pages.review_notice import summary

pages = APIBlueprint("map", __name__, enable_openapi=False)

STATES = {
    "waits": N_("to label"),
    "doubtful": N_("unlikely face"),
    "labelled": N_("labelled"),
    "disputed": N_("people disagree"),
    "unsure": N_("somebody was unsure"),
}


class Region(Strict):
    """Faces somebody chose on the map."""

    face_ids: list[Id]


@pages.get("/map")
def page() -> ResponseReturnValue:
    run = live_run(db())
    return render_template(
        "map/map.html",
        live=run,
        unusual_faces=drift.significant_drift(run.metrics) if run else None,
        state=layout_read.progress(db()),
        fewest=layout_read.MIN_FACES,
        settings={
            "states": {name: _(text) for name, text in STATES.items()},
            "margins": [round(100 * UNDECIDED), round(100 * UNSURE)],
            "side": layout_read.SIDE,
            "most": picks_by_hand.MOST,
        },
    )


@pages.get("/map/spots")
def shown() -> ResponseReturnValue:
    """Every face's place and what its colour shows, by columns; see `layout_read.read`."""
    return jsonify(layout_read.read(db()))


@pages.get("/map/progress")
def progress() -> ResponseReturnValue:
    return _progress(layout_read.progress(db()))


@pages.post("/map/draw")
def draw() -> ResponseReturnValue:
    """Request a new layout if faces have no place yet. Safe to repeat."""
    state = layout_read.request_drawing(db())
    db().commit()
    return _progress(state)


@pages.post("/map/review")
@pages.input(Region)
def send(json_data: Region) -> ResponseReturnValue:
    done = picks_by_hand.choose_faces(db(), me(), json_data.face_ids)
    db().commit()
    return jsonify(text=summary(done), sent=done.sent, undo=done.event_id)


@pages.post("/map/undo/<int:event_id>")
def undo(event_id: int) -> ResponseReturnValue:
    count = picks_by_hand.undo_choice(db(), me(), event_id)
    db().commit()
    return jsonify(
        text=ngettext("%(n)s face removed from review.", "%(n)s faces removed from review.", count)
    )


def _progress(state: layout_read.MapProgress) -> ResponseReturnValue:
    return jsonify(placed=state.placed, wanted=state.wanted, stale=state.stale)
