"""Two runs side by side, on the faces that neither learned from."""

from apiflask import APIBlueprint
from flask import render_template, request
from flask.typing import ResponseReturnValue

from trainer.errors import NotFound
from trainer.evaluation.compare_runs import compare
from trainer.runs import requests
from web.database import db
from web.i18n import _
from web.input import optional_number

pages = APIBlueprint("compare", __name__, enable_openapi=False)


@pages.get("/compare")
def page() -> ResponseReturnValue:
    one, other = (optional_number(request.args, name) for name in ("one", "other"))
    if one is None or other is None:
        raise NotFound(
            "no_such_run", _("Choose two runs to compare."), _("Both are on the page of all runs.")
        )
    first, second = requests.get_run(db(), one), requests.get_run(db(), other)
    comparison = compare(db(), first, second) if first.metrics and second.metrics else None
    return render_template("compare/compare.html", first=first, second=second, comparison=comparison)
