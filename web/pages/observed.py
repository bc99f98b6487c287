"""For programs that watch the workbench: is this process ready, and metrics."""

from apiflask import APIBlueprint
from flask import Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text

from db import state
from web.database import db
from web.observing import metrics

pages = APIBlueprint("observed", __name__, enable_openapi=False)


@pages.get("/readyz")
def readyz() -> ResponseReturnValue:
    """200 if this web process can serve: database and broker answer. Workers do not matter to it."""
    db().execute(text("SELECT 1"))
    broker = state.broker_answers()
    return jsonify(status="ready" if broker else "broker away"), 200 if broker else 503


@pages.get("/metrics")
def metrics_page() -> ResponseReturnValue:
    """For an owner's token only: behind a proxy everybody seems to come from this machine."""
    return Response(metrics.text(), mimetype=CONTENT_TYPE_LATEST)
