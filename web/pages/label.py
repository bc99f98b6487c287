"""The bench: labelling, review, and guesses confirmed in bulk."""

from apiflask import APIBlueprint
from flask import render_template
from flask.typing import ResponseReturnValue

from db.counters import COUNTED
from db.workbench import live_run
from labeller.reports import annotator_agreement
from web.database import db

pages = APIBlueprint("label", __name__, enable_openapi=False)


@pages.get("/label")
def label() -> ResponseReturnValue:
    return _bench("label/bench.html", mode="label")


@pages.get("/review")
def review() -> ResponseReturnValue:
    return _bench("label/bench.html", mode="review")


@pages.get("/label/bulk")
def agreed() -> ResponseReturnValue:
    return _bench("label/bulk.html")


def _bench(template: str, **values: str) -> str:
    disputed = annotator_agreement.count_disputed(db())
    return render_template(template, live=live_run(db()), disagreements=disputed, counted=COUNTED, **values)
