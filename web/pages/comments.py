"""The notes on all faces, those that are open first."""

from apiflask import APIBlueprint
from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from labeller.comments import read
from labeller.reports import annotator_agreement
from web.database import db
from web.input import optional_number

pages = APIBlueprint("comments", __name__, enable_openapi=False)

PAGE = 40


@pages.get("/comments")
def page() -> ResponseReturnValue:
    state: read.State = "resolved" if request.args.get("state") == "resolved" else "open"
    found = read.threads(db(), state, optional_number(request.args, "cursor"), PAGE)
    return render_template(
        "comments/comments.html",
        state=state,
        threads=found.items,
        older=url_for(".page", state=state, cursor=found.next) if found.next else None,
        disagreements=annotator_agreement.count_disputed(db()),
    )
