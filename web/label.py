"""The bench, in its two modes: first answers, and the second look."""

from apiflask import APIBlueprint
from flask import render_template
from flask.typing import ResponseReturnValue

from db.live import live_run
from db.settings import settings
from web.database import db

pages = APIBlueprint("label", __name__, enable_openapi=False)


@pages.get("/label")
def label() -> ResponseReturnValue:
    return _bench("label")


@pages.get("/review")
def review() -> ResponseReturnValue:
    return _bench("review")


def _bench(mode: str) -> str:
    return render_template("bench.html", mode=mode, classes=settings().classes, live=live_run(db()))
