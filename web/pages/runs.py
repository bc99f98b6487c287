"""Training: start a run, set the rule for automatic training, choose the live model."""

from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from db import audit, classes
from db.base import OPEN, now
from db.models import DatasetVersion, Workbench
from db.workbench import live_run
from labeller.datasets import versions
from labeller.queue import picks
from trainer.data import dataset, minimum_labels
from trainer.data.recipe import CHOICES, LIMITS, PRESETS
from trainer.errors import BadRecipe, NotEnoughLabels
from trainer.evaluation import label_errors, tried_looks
from trainer.evaluation.paired_test import RULE
from trainer.label_efficiency import stopping_advice
from trainer.runs import kept_models, model_files, requests, schedule
from web.auth.identity import me
from web.database import db
from web.drawing import charts
from web.i18n import _
from web.input import number, optional_number
from web.pages.answer_form import record_posted_answer

pages = APIBlueprint("runs", __name__, enable_openapi=False)

SUSPECTS = 60


@pages.get("/runs")
def page() -> ResponseReturnValue:
    session = db()
    try:
        minimum_labels.require_for_training(dataset.label_counts(session), classes.names(session))
        obstacle = None
    except NotEnoughLabels as error:
        obstacle = error
    live, recent, outlook = live_run(session), requests.recent_runs(session), stopping_advice.outlook(session)
    return render_template(
        "runs/runs.html",
        runs=recent,
        live=live,
        obstacle=obstacle,
        new_answers=requests.answers_since(session, live),
        workbench=session.get(Workbench, 1),
        presets={name: asdict(recipe) for name, recipe in PRESETS.items()},
        choices=CHOICES,
        limits=LIMITS,
        rule=RULE,
        unfamiliar=tried_looks.unfamiliar_photos(session, live) if live else None,
        review_composition=picks.counts_by_reason(session, live) if live else [],
        learning_curve=charts.learning_curve(outlook.points, outlook.forecast),
        outlook=outlook,
        versions=versions.to_choose_from(session),
    )


@pages.post("/runs")
def start() -> ResponseReturnValue:
    version_id = optional_number(request.form, "version")
    version = None if version_id is None else versions.get_version(db(), version_id)
    run = requests.request_run(db(), _recipe(), me(), version)
    db().commit()
    return redirect(url_for("runs.one", run_id=run.id))


@pages.post("/runs/rule")
def rule() -> ResponseReturnValue:
    """Set when to train automatically."""
    hour = optional_number(request.form, "nightly_hour") if request.form.get("nightly") else None
    schedule.set_rule(db(), number(request.form, "train_after", 0), hour)
    audit.note(db(), "training_rule", me())
    db().commit()
    return redirect(url_for("runs.page"))


@pages.get("/runs/<int:run_id>")
def one(run_id: int) -> ResponseReturnValue:
    return render(run_id, "runs/run.html")


@pages.post("/runs/<int:run_id>/cancel")
def cancel(run_id: int) -> ResponseReturnValue:
    requests.cancel(db(), requests.get_run(db(), run_id), me())
    db().commit()
    return redirect(url_for("runs.one", run_id=run_id))


@pages.post("/runs/<int:run_id>/promote")
def promote(run_id: int) -> ResponseReturnValue:
    run = requests.get_run(db(), run_id)
    requests.promote(db(), run, me(), request.form.get("reason", ""))
    db().commit()
    return redirect(url_for("runs.one", run_id=run_id))


@pages.post("/runs/<int:run_id>/pin")
def pin(run_id: int) -> ResponseReturnValue:
    """Keep the files of its model whatever follows, or with `?pinned=0` no longer."""
    kept_models.pin(db(), requests.get_run(db(), run_id), request.args.get("pinned") != "0", me())
    db().commit()
    return redirect(url_for("runs.one", run_id=run_id))


@pages.post("/runs/back")
def roll_back() -> ResponseReturnValue:
    run = requests.roll_back(db(), me())
    db().commit()
    return redirect(url_for("runs.one", run_id=run.id))


@pages.get("/runs/<int:run_id>/suspects")
def suspects(run_id: int) -> ResponseReturnValue:
    """Labelled faces from the most to the least doubtful."""
    run = requests.get_run(db(), run_id)
    suspects = label_errors.suspect_labels(db(), run, SUSPECTS)
    return render_template("runs/suspects.html", run=run, suspects=suspects, seen_at=now())


@pages.post("/runs/<int:run_id>/faces/<int:face_id>")
def relabel(run_id: int, face_id: int) -> ResponseReturnValue:
    """Answer a face whose label the run doubts."""
    record_posted_answer(face_id)
    back = "suspects" if request.form.get("from") == "suspects" else "one"
    return redirect(url_for(f"runs.{back}", run_id=run_id) + f"#face-{face_id}")


def render(run_id: int, template: str) -> str:
    """The page of a run, or the part of it that changes while it runs."""
    run = requests.get_run(db(), run_id)
    over = run.status not in OPEN
    return render_template(
        template,
        run=run,
        version=db().get(DatasetVersion, run.version_id) if run.version_id else None,
        live=live_run(db()),
        epoch_charts=charts.epoch_charts(run.curve),
        seconds_left=None if over else requests.seconds_left(db(), run),
        worst_mistakes=label_errors.worst_mistakes(db(), run) if over and run.metrics else [],
        has_files=over and model_files.has_any(db(), run),
        person_names=requests.person_names(db(), run) if over else {},
        seen_at=now(),
    )


def _recipe() -> dict[str, Any]:
    """The form's preset and the fields that were filled in."""
    recipe: dict[str, Any] = {"preset": request.form.get("preset", "quick")}
    for name, value in asdict(PRESETS["quick"]).items():
        text = request.form.get(name, "").strip()
        if text and name != "preset":
            try:
                recipe[name] = text == "yes" if isinstance(value, bool) else type(value)(text)
            except ValueError as error:
                raise BadRecipe(
                    "bad_recipe",
                    _("“%(value)s” is no value for “%(name)s”.", value=text, name=name),
                    _("Write a number."),
                ) from error
    return recipe
