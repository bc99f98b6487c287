"""How good the detectors are, the confidences from which proposals are shown, and looking at old photos
again."""

from apiflask import APIBlueprint
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from db.box_thresholds import box_thresholds, first_detector
from db.models import Face
from labeller.answers import boxes
from labeller.detection import again_requests
from labeller.errors import BadAnswer
from labeller.reports import detector, detector_thresholds
from labeller.reports.detector_boxes import TOGETHER, Evaluated, differences, evaluated_detectors
from web.auth.identity import me
from web.database import db
from web.drawing import charts
from web.i18n import _

pages = APIBlueprint("detector", __name__, enable_openapi=False)

PICTURES = 12
"""Faces that are shown of those that the detectors differ on."""


@pages.get("/detector")
def page() -> ResponseReturnValue:
    evaluated = evaluated_detectors(db())
    reports = {one.detector: detector.report(one.boxes, one.photos) for one in evaluated}
    first = next((one for one in evaluated if one.detector == first_detector()), None)
    points = _curves(first, reports.get(first_detector()))
    suggested = detector_thresholds.suggested_threshold(first.boxes) if first else None
    differing = differences(evaluated, PICTURES)
    return render_template(
        "detector/detector.html",
        reports={name: report for name, report in reports.items() if report is not None},
        together=reports.get(TOGETHER),
        evaluated={one.detector: one for one in evaluated},
        lines=charts.trade_off(points),
        points=points.get("", []),
        top=charts.FALSE_BOXES,
        thresholds=box_thresholds(db()),
        suggested=suggested,
        band=charts.threshold_band(points.get("", []), suggested),
        first=first_detector(),
        differing=[(db().get_one(Face, id), names) for id, names in differing],
        left=boxes.count_incomplete(db()),
        again=again_requests.progress(db()),
    )


def _curves(
    first: Evaluated | None, report: detector.Report | None
) -> dict[str, list[tuple[float, float, float]]]:
    """The points of the curve of all faces (""), and of each class, by the detector that ranks."""
    if first is None or report is None:
        return {}
    return {line.name: detector.curve(first.boxes, report.photos, line.name or None) for line in report.lines}


@pages.post("/detector")
def move() -> ResponseReturnValue:
    likely, hidden = (request.form.get(name, type=float) for name in ("likely", "hidden"))
    if likely is None or hidden is None:
        raise BadAnswer(
            "bad_thresholds", _("A threshold is missing."), _("Give both as numbers from 0 to 1.")
        )
    detector_thresholds.set_thresholds(db(), me(), likely, hidden)
    db().commit()
    return redirect(url_for(".page"))


@pages.post("/detector/again")
def look_again() -> ResponseReturnValue:
    """Look at the old photos again, or at those without an answer."""
    again_requests.request(db(), me(), only_unanswered=request.form.get("only") == "unanswered")
    db().commit()
    return redirect(url_for(".page"))
