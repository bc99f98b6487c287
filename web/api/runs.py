"""Runs and figures over JSON."""

from typing import Any

from apiflask import APIBlueprint

from db import audit
from db.models import Run, Workbench
from db.workbench import live_run
from labeller.datasets import versions
from labeller.queue.waiting import waiting_by_mode
from labeller.reports import counts
from trainer.evaluation import label_errors
from trainer.evaluation.compare_runs import compare
from trainer.label_efficiency import stopping_advice
from trainer.runs import kept_models, requests, schedule
from web.api import run_schemas as schemas
from web.api.paging import PageQuery, cut
from web.auth.identity import me
from web.database import db
from web.drawing import stored

blueprint = APIBlueprint("api_runs", __name__, tag="Runs")


@blueprint.post("/runs")
@blueprint.input(schemas.RunIn)
@blueprint.output(schemas.RunAccepted, status_code=202)
@blueprint.doc(security="token", responses={409: "Too few labels."})
def start_run(json_data: schemas.RunIn) -> Any:
    """Train on the answers so far or on a version; joins a run on the same that has not started."""
    version = None if json_data.version is None else versions.named(db(), json_data.version)
    run = requests.request_run(db(), json_data.recipe, me(), version)
    db().commit()
    return {"id": run.id}


@blueprint.get("/runs")
@blueprint.input(PageQuery, location="query")
@blueprint.output(schemas.RunsOut)
@blueprint.doc(security="token")
def list_runs(query_data: PageQuery) -> Any:
    """The runs, newest first, without their figures."""
    rows = requests.recent_runs(db(), query_data.ask_for, query_data.cursor)
    shown, after = cut(rows, query_data.limit, lambda run: run.id)
    return {"items": [_listed(run) for run in shown], "next": after}


def _listed(run: Run) -> dict[str, Any]:
    values = {name: getattr(run, name) for name in schemas.ListedRun.model_fields if name != "created"}
    return values | {"created": run.created_at.isoformat(), "reason": stored.words(db(), run.reason)}


@blueprint.get("/runs/<int:run_id>")
@blueprint.output(schemas.RunOut)
@blueprint.doc(security="token")
def get_run(run_id: int) -> Any:
    """How far a run is, and what came of it."""
    return run_out(requests.get_run(db(), run_id))


@blueprint.post("/runs/<int:run_id>/cancel")
@blueprint.output(schemas.RunOut)
@blueprint.doc(security="token")
def cancel_run(run_id: int) -> Any:
    """Stop a run; the live model stays."""
    run = requests.get_run(db(), run_id)
    requests.cancel(db(), run, me())
    db().commit()
    return run_out(run)


@blueprint.post("/runs/<int:run_id>/promote")
@blueprint.input(schemas.PromoteQuery, location="query")
@blueprint.output(schemas.RunOut)
@blueprint.doc(security="token")
def promote_run(run_id: int, query_data: schemas.PromoteQuery) -> Any:
    """Make this run's model live, whatever the comparison said."""
    run = requests.get_run(db(), run_id)
    requests.promote(db(), run, me(), query_data.reason)
    db().commit()
    return run_out(run)


@blueprint.post("/runs/back")
@blueprint.output(schemas.RunAccepted)
@blueprint.doc(security="token", responses={409: "There is none before it."})
def roll_back() -> Any:
    """Make the previous model live again."""
    run = requests.roll_back(db(), me())
    db().commit()
    return {"id": run.id}


@blueprint.put("/runs/<int:run_id>/pin")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token", responses={409: "Its files were dropped."})
def pin_run(run_id: int) -> Any:
    """Keep the files of its model, whatever follows."""
    return _pin(run_id, True)


@blueprint.delete("/runs/<int:run_id>/pin")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token", responses={409: "Its files were dropped."})
def unpin_run(run_id: int) -> Any:
    """Let its files be dropped when newer models follow."""
    return _pin(run_id, False)


def _pin(run_id: int, pinned: bool) -> str:
    kept_models.pin(db(), requests.get_run(db(), run_id), pinned, me())
    db().commit()
    return ""


@blueprint.get("/runs/rule")
@blueprint.output(schemas.Rule)
@blueprint.doc(security="token")
def get_training_rule() -> Any:
    """When the workbench trains by itself."""
    row = db().get(Workbench, 1)
    return {"train_after": row.train_after if row else 0, "nightly_hour": row.nightly_hour if row else None}


@blueprint.put("/runs/rule")
@blueprint.input(schemas.RuleIn)
@blueprint.output(schemas.Rule)
@blueprint.doc(security="token")
def set_training_rule(json_data: schemas.RuleIn) -> Any:
    """Set when the workbench trains by itself."""
    row = schedule.set_rule(db(), json_data.train_after, json_data.nightly_hour)
    audit.note(db(), "training_rule", me())
    db().commit()
    return {"train_after": row.train_after, "nightly_hour": row.nightly_hour}


@blueprint.get("/runs/<int:run_id>/suspects")
@blueprint.input(schemas.SuspectsQuery, location="query")
@blueprint.output(schemas.SuspectsOut)
@blueprint.doc(security="token")
def list_suspects(run_id: int, query_data: schemas.SuspectsQuery) -> Any:
    """Labelled faces from the most to the least doubtful label, by models that had not learned from them."""
    run = requests.get_run(db(), run_id)
    rows = label_errors.suspect_labels(db(), run, query_data.ask_for, query_data.cursor)
    shown, after = cut(rows, query_data.limit, lambda suspect: suspect.face.id)
    return {"items": [_suspect_out(suspect) for suspect in shown], "next": after}


@blueprint.get("/runs/<int:run_id>/compare/<int:other_id>")
@blueprint.output(schemas.ComparisonOut)
@blueprint.doc(security="token")
def compare_runs(run_id: int, other_id: int) -> Any:
    """The first run minus the second in balanced accuracy, on the same faces that neither learned from."""
    comparison = compare(db(), requests.get_run(db(), run_id), requests.get_run(db(), other_id))
    difference = comparison.difference
    return {
        "part": comparison.part,
        "n": difference.n if difference else 0,
        "difference": difference.interval if difference else None,
        "reason": stored.words(db(), comparison.reason),
        "differ": [
            {
                "face_id": pair.face.id,
                "label": pair.face.label,
                "one": pair.first_label,
                "other": pair.second_label,
            }
            for pair in comparison.disagreements
        ],
    }


@blueprint.get("/stats")
@blueprint.output(schemas.StatsOut)
@blueprint.doc(security="token")
def stats() -> Any:
    """Counts, and how good the live model is."""
    return stats_out()


def run_out(run: Run) -> dict[str, Any]:
    """A run as the API returns it."""
    in_words = {"metrics": stored.figures_of(db(), run), "reason": stored.words(db(), run.reason)}
    return {name: getattr(run, name) for name in schemas.RunOut.model_fields} | in_words


def _suspect_out(suspect: label_errors.UnlikelyLabel) -> dict[str, Any]:
    face = suspect.face
    return {
        "face_id": face.id,
        "photo_id": face.photo_id,
        "label": face.label,
        "predicted": suspect.predicted,
        "confidence": suspect.label_probability,
        "split": "locked" if suspect.part == "locked" else "open",
    }


def stats_out() -> dict[str, Any]:
    """The contract's figures; null where there is nothing honest to say yet."""
    totals, live = counts.totals(db()), live_run(db())
    metrics = (stored.figures_of(db(), live) if live else None) or {}
    saved = stopping_advice.significant_saving(stopping_advice.newest_saved(db()))
    return {
        "photos": totals.photos_by_status,
        "faces": totals.faces_by_state,
        "labels": totals.by_label,
        "answers": totals.answers,
        "waiting": waiting_by_mode(db(), me()),
        "active_run": live.id if live else None,
        "locked": metrics.get("locked"),
        "locked_reason": metrics.get("locked_reason") if live else "There is no model yet.",
        "labels_saved": saved["value"] if saved else None,
        "labels_saved_interval": saved,
        "detector_recall": counts.detector_recall(db()),
    }
