"""The home page, the front-end libraries and the health check."""

import mimetypes
from pathlib import Path

from apiflask import APIBlueprint
from flask import abort, jsonify, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from db import jobs
from db.workbench import live_run
from labeller.assignments import progress as assignments
from labeller.queue.waiting import waiting_by_mode
from labeller.reports import counts
from trainer.evaluation import drift, tried_looks
from trainer.label_efficiency import stopping_advice
from trainer.runs import requests
from web.auth.identity import me
from web.database import db
from web.drawing.retraining import detection_note, progress_text
from web.i18n import _

pages = APIBlueprint("home", __name__, enable_openapi=False)

MODULES = Path(__file__).parents[1] / "node_modules"
ASSETS = {
    "normalize.css": "modern-normalize/modern-normalize.css",
    "sha2.js": "@noble/hashes/sha2.js",
    "_md.js": "@noble/hashes/_md.js",
    "_u64.js": "@noble/hashes/_u64.js",
    "utils.js": "@noble/hashes/utils.js",
    "ort.js": "onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
    "ort-wasm-simd-threaded.wasm": "onnxruntime-web/dist/ort-wasm-simd-threaded.wasm",
}
"""All that is served of the installed front-end libraries."""


@pages.get("/")
def page() -> ResponseReturnValue:
    if me().role == "friend":
        return redirect(url_for("upload.page"))
    session = db()
    totals = counts.totals(session)
    live, latest = live_run(session), next(iter(requests.recent_runs(session, 1)), None)
    waiting = waiting_by_mode(session, me())
    next_step = _next_step(totals, waiting, live is not None, requests.retrain_progress(session))
    return render_template(
        "home/home.html",
        counts=totals,
        live=live,
        unusual_faces=drift.significant_drift(live.metrics) if live else None,
        unfamiliar=tried_looks.unfamiliar_photos(session, live) if live else None,
        latest=latest,
        outlook=stopping_advice.outlook(session),
        waiting=waiting,
        detection_note=detection_note(session),
        next_step=next_step,
        missing_workers=jobs.missing_workers(session),
        assigned=assignments.waiting_for(session, me()),
    )


@pages.get("/assets/<name>")
def asset(name: str) -> ResponseReturnValue:
    if name not in ASSETS:
        abort(404)
    path = MODULES / ASSETS[name]
    compressed = path.with_name(f"{path.name}.gz")  # made when it is installed, of what is large
    is_compressed = bool(request.accept_encodings.quality("gzip")) and compressed.exists()
    kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
    response = send_file(compressed if is_compressed else path, mimetype=kind)
    if is_compressed:
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response


@pages.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 once the database and the workers answer that ought to run; else 503 and what is missing."""
    db().execute(text("SELECT 1"))
    missing = jobs.missing_workers(db())
    return jsonify(status="starting" if missing else "up", missing=missing), 503 if missing else 200


def _next_step(
    totals: counts.Counts, waiting: dict[str, int], has_model: bool, retrain: requests.RetrainProgress
) -> dict[str, str]:
    """The most useful thing to do now."""
    if totals.photos == 0:
        return _step(
            _("Send the first photos"), _("Selfies, group photos, anything with faces."), "upload.page"
        )
    text = progress_text(retrain)
    if retrain.missing:
        if waiting["label"]:
            return _step(_("Label faces"), text, "label.label")
        return _step(_("Send more photos"), text, "upload.page")
    if not has_model:
        return _step(_("Train the first model"), text, "runs.page")
    if waiting["review"] and retrain.have < retrain.needed:
        return _step(_("Review faces"), _("The model is least sure about these faces."), "label.review")
    if retrain.have >= retrain.needed:
        return _step(_("Retrain"), text, "runs.page")
    if waiting["label"]:
        return _step(_("Label more faces"), _("Faces wait for their first answer."), "label.label")
    return _step(_("Send more photos"), _("Everything is labelled and learned."), "upload.page")


def _step(title: str, text: str, endpoint: str) -> dict[str, str]:
    return {"title": title, "text": text, "url": url_for(endpoint)}
