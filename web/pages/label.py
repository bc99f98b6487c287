"""The bench: labelling, review, and guesses confirmed in bulk."""

from typing import Any

from apiflask import APIBlueprint
from flask import render_template, request
from flask.typing import ResponseReturnValue

from db.counters import COUNTED
from db.workbench import live_run
from labeller.assignments.progress import assignment_to_answer
from labeller.reports import annotator_agreement
from web.auth.identity import me
from web.database import db
from web.input import optional_number

pages = APIBlueprint("label", __name__, enable_openapi=False)


@pages.get("/label")
def label() -> ResponseReturnValue:
    assigned = optional_number(request.args, "assignment")
    assignment = None if assigned is None else assignment_to_answer(db(), me(), assigned)
    return _bench("label/bench.html", mode="label", assignment=assignment)


@pages.get("/review")
def review() -> ResponseReturnValue:
    return _bench("label/bench.html", mode="review")


@pages.get("/label/bulk")
def agreed() -> ResponseReturnValue:
    return _bench("label/bulk.html")


def _bench(template: str, **values: Any) -> str:
    disputed = annotator_agreement.count_disputed(db())
    return render_template(template, live=live_run(db()), disagreements=disputed, counted=COUNTED, **values)
