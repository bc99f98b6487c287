"""The bench: first answers, the second look, and what the model agrees on, confirmed in bulk."""

from apiflask import APIBlueprint
from flask import render_template
from flask.typing import ResponseReturnValue

from db.live import live_run
from labeller import agreement
from labeller.review import COUNTED
from web.database import db

pages = APIBlueprint("label", __name__, enable_openapi=False)


@pages.get("/label")
def label() -> ResponseReturnValue:
    return _bench("bench.html", mode="label")


@pages.get("/review")
def review() -> ResponseReturnValue:
    return _bench("bench.html", mode="review")


@pages.get("/label/bulk")
def agreed() -> ResponseReturnValue:
    return _bench("bulk.html")


def _bench(template: str, **values: str) -> str:
    disputed = agreement.count_disputed(db())
    return render_template(template, live=live_run(db()), disagreements=disputed, counted=COUNTED, **values)
