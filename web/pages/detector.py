"""How good the detector is, and the probabilities from which its proposals are shown."""

from apiflask import APIBlueprint
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from db.box_thresholds import box_thresholds
from db.workbench import live_run
from labeller.answers import boxes
from labeller.errors import BadAnswer
from labeller.reports import detector
from web.auth.identity import me
from web.database import db
from web.drawing import charts
from web.i18n import _

pages = APIBlueprint("detector", __name__, enable_openapi=False)


@pages.get("/detector")
def page() -> ResponseReturnValue:
    evaluated = detector.boxes_of_complete_photos(db())
    report = detector.report(evaluated)
    names = [line.name for line in report.lines] if report else []
    lines = {name: detector.curve(evaluated, name or None) for name in names}
    return render_template(
        "detector/detector.html",
        report=report,
        lines=charts.trade_off(lines),
        points=lines.get("", []),
        top=charts.FALSE_BOXES,
        thresholds=box_thresholds(db()),
        has_head=detector.has_box_head(db()),
        left=boxes.count_incomplete(db()),
        live=live_run(db()),
    )


@pages.post("/detector")
def move() -> ResponseReturnValue:
    likely, hidden = (request.form.get(name, type=float) for name in ("likely", "hidden"))
    if likely is None or hidden is None:
        raise BadAnswer(
            "bad_thresholds", _("A threshold is missing."), _("Give both as numbers from 0 to 1.")
        )
    detector.set_thresholds(db(), me(), likely, hidden)
    db().commit()
    return redirect(url_for(".page"))
