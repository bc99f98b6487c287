"""Two runs side by side, on the faces that neither learned from."""

from apiflask import APIBlueprint
from flask import render_template, request
from flask.typing import ResponseReturnValue

from trainer.errors import NotFound
from trainer.evaluation.compare_runs import compare
from trainer.runs import requests
from web.database import db

pages = APIBlueprint("compare", __name__, enable_openapi=False)


@pages.get("/compare")
def page() -> ResponseReturnValue:
    one, other = (request.args.get(name, type=int) for name in ("one", "other"))
    if one is None or other is None:
        raise NotFound("no_such_run", "Choose two runs to compare.", "Both are on the page of all runs.")
    pair = [requests.get_run(db(), id) for id in (one, other)]
    found = compare(db(), *pair) if all(run.metrics for run in pair) else None
    return render_template("compare/compare.html", one=pair[0], other=pair[1], found=found)
