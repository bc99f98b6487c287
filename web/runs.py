"""Training: start it, watch it, choose between models."""

from apiflask import APIBlueprint
from flask import Response, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from db import classes
from db.live import live_run
from db.models import Run
from db.storage import blobs
from trainer import dataset, runs
from trainer.errors import NotEnoughLabels
from web.auth import me
from web.charts import line
from web.database import db

pages = APIBlueprint("runs", __name__, enable_openapi=False)

FILES = {"keras": "keras_blob", "tflite": "litert_blob"}


@pages.get("/runs")
def page() -> ResponseReturnValue:
    session = db()
    try:
        dataset.require_enough(session, classes.names(session))
        obstacle = None
    except NotEnoughLabels as error:
        obstacle = error
    live = live_run(session)
    new = runs.answers_since(session, live)
    return render_template("runs.html", runs=runs.recent(session), live=live, obstacle=obstacle, new=new)


@pages.post("/runs")
def start() -> ResponseReturnValue:
    run = runs.request_run(db(), {}, me())
    db().commit()
    return redirect(url_for("runs.one", run_id=run.id))


@pages.get("/runs/<int:run_id>")
def one(run_id: int) -> ResponseReturnValue:
    return _render("run.html", run_id)


@pages.get("/runs/<int:run_id>/live")
def live(run_id: int) -> ResponseReturnValue:
    """The part of the page that changes while the run runs."""
    return _render("_run.html", run_id)


@pages.post("/runs/<int:run_id>/cancel")
def cancel(run_id: int) -> ResponseReturnValue:
    runs.cancel(db(), runs.get_run(db(), run_id), me())
    db().commit()
    return redirect(url_for("runs.one", run_id=run_id))


@pages.post("/runs/<int:run_id>/promote")
def promote(run_id: int) -> ResponseReturnValue:
    runs.promote(db(), runs.get_run(db(), run_id), me())
    db().commit()
    return redirect(url_for("runs.one", run_id=run_id))


@pages.get("/runs/<int:run_id>/model.<form>")
def model(run_id: int, form: str) -> ResponseReturnValue:
    key = getattr(runs.get_run(db(), run_id), FILES.get(form, ""), None)
    if key is None:
        abort(404)
    response = Response(blobs().get(key), mimetype="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="second-look-{run_id}.{form}"'
    return response


def _render(template: str, run_id: int) -> str:
    run = runs.get_run(db(), run_id)
    return render_template(template, run=run, live=live_run(db()), curves=_curves(run))


def _curves(run: Run) -> list[tuple[str, str]]:
    """(name, SVG points) of the losses that were written so far."""
    names = (("loss", "training"), ("validation_loss", "validation"))
    series = [([row[key] for row in run.curve if row.get(key) is not None], title) for key, title in names]
    top = max((value for values, _ in series for value in values), default=1.0)
    return [(title, line(values, top)) for values, title in series if values]
