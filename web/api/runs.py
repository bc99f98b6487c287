"""Runs, figures and predictions over JSON."""

from typing import Any

from apiflask import APIBlueprint

from db.live import live_run
from db.models import Run
from labeller import predictions, review, tally
from trainer import mistakes, outlook, runs
from trainer.compare import compare
from web.api import run_schemas as schemas
from web.auth import me
from web.database import db

blueprint = APIBlueprint("api_runs", __name__, tag="Runs")


@blueprint.post("/runs")
@blueprint.input(schemas.RunIn)
@blueprint.output(schemas.RunAccepted, status_code=202)
@blueprint.doc(security="token", responses={409: "Too few labels."})
def start_run(json_data: schemas.RunIn) -> Any:
    """Train on the answers so far; joins a run that has not started."""
    run = runs.request_run(db(), json_data.recipe, me())
    db().commit()
    return {"id": run.id}


@blueprint.get("/runs/<int:run_id>")
@blueprint.output(schemas.RunOut)
@blueprint.doc(security="token")
def get_run(run_id: int) -> Any:
    """How far a run is, and what came of it."""
    return run_out(runs.get_run(db(), run_id))


@blueprint.post("/runs/<int:run_id>/cancel")
@blueprint.output(schemas.RunOut)
@blueprint.doc(security="token")
def cancel_run(run_id: int) -> Any:
    """Stop a run; the live model stays."""
    run = runs.get_run(db(), run_id)
    runs.cancel(db(), run, me())
    db().commit()
    return run_out(run)


@blueprint.post("/runs/<int:run_id>/promote")
@blueprint.input(schemas.PromoteQuery, location="query")
@blueprint.output(schemas.RunOut)
@blueprint.doc(security="token")
def promote_run(run_id: int, query_data: schemas.PromoteQuery) -> Any:
    """Make this run's model live, whatever the comparison said."""
    run = runs.get_run(db(), run_id)
    runs.promote(db(), run, me(), query_data.reason)
    db().commit()
    return run_out(run)


@blueprint.get("/runs/<int:run_id>/suspects")
@blueprint.input(schemas.SuspectsQuery, location="query")
@blueprint.output(schemas.SuspectsOut)
@blueprint.doc(security="token")
def list_suspects(run_id: int, query_data: schemas.SuspectsQuery) -> Any:
    """Labelled faces from the most to the least doubtful label, by models that had not learned from them."""
    found = mistakes.suspects(db(), runs.get_run(db(), run_id), query_data.limit)
    return {"items": [_suspect(one) for one in found]}


@blueprint.get("/runs/<int:run_id>/compare/<int:other_id>")
@blueprint.output(schemas.ComparisonOut)
@blueprint.doc(security="token")
def compare_runs(run_id: int, other_id: int) -> Any:
    """The first run minus the second in balanced accuracy, on the same faces that neither learned from."""
    found = compare(db(), runs.get_run(db(), run_id), runs.get_run(db(), other_id))
    gap = found.difference
    return {
        "part": found.part,
        "n": gap.n if gap else 0,
        "difference": gap.interval if gap else None,
        "reason": found.reason,
        "differ": [
            {"face_id": one.face.id, "label": one.face.label, "one": one.one, "other": one.other}
            for one in found.disagreements
        ],
    }


@blueprint.get("/stats")
@blueprint.output(schemas.StatsOut)
@blueprint.doc(security="token")
def stats() -> Any:
    """Counts, and how good the live model is."""
    return stats_out()


@blueprint.post("/predict")
@blueprint.input(schemas.PredictIn, location="form_and_files")
@blueprint.output(schemas.PredictOut)
@blueprint.doc(security="token", responses={409: "No model yet.", 503: "No answer in time."})
def predict(form_and_files_data: schemas.PredictIn) -> Any:
    """What the live model sees in a photo. The photo is not kept."""
    prediction = predictions.request(db(), form_and_files_data.file.read())
    db().commit()
    done = predictions.wait(db(), prediction)
    db().commit()
    return {"run_id": done.run_id, "faces": done.faces}


def run_out(run: Run) -> dict[str, Any]:
    """The contract's form of a run."""
    return {name: getattr(run, name) for name in schemas.RunOut.model_fields}


def _suspect(one: mistakes.Mistake) -> dict[str, Any]:
    face = one.face
    return {
        "face_id": face.id,
        "photo_id": face.photo_id,
        "label": face.label,
        "predicted": one.said,
        "confidence": one.own,
        "split": "locked" if one.part == "locked" else "open",
    }


def stats_out() -> dict[str, Any]:
    """The contract's figures; null where there is nothing honest to say yet."""
    counts, live = tally.counts(db()), live_run(db())
    metrics = (live.metrics if live else None) or {}
    saved = outlook.known(outlook.newest_saved(db()))
    return {
        "photos": counts.photos_by_status,
        "faces": counts.faces_by_state,
        "labels": counts.by_label,
        "answers": counts.answers,
        "waiting": review.waiting(db(), me()),
        "active_run": live.id if live else None,
        "locked": metrics.get("locked"),
        "locked_reason": metrics.get("locked_reason") if live else "There is no model yet.",
        "labels_saved": saved["value"] if saved else None,
        "labels_saved_interval": saved,
        "detector_recall": tally.detector_recall(db()),
    }
