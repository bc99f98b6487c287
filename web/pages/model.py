"""The model of a run for people who use it elsewhere: its card, its files, and how each is loaded."""

from apiflask import APIBlueprint
from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue

from db import audit
from db.base import OPEN
from db.workbench import live_run
from trainer.features.input_margin import margin_of
from trainer.runs import model_files, requests
from web.auth.identity import me
from web.database import db
from web.pages.model_examples import examples, texts_of_archive

pages = APIBlueprint("model", __name__, enable_openapi=False)


@pages.get("/runs/<int:run_id>/model")
def page(run_id: int) -> ResponseReturnValue:
    run = requests.get_run(db(), run_id)
    files = model_files.offered(db(), run)
    return render_template(
        "model/model.html",
        run=run,
        live=live_run(db()),
        is_open=run.status in OPEN,
        files=files,
        missing=[ending for ending in model_files.FORMS if files and ending not in files],
        margin=margin_of(str(run.backbone)),
        examples=examples(run, files),
    )


@pages.get("/runs/<int:run_id>/model.<ending>")
def file(run_id: int, ending: str) -> ResponseReturnValue:
    if ending not in model_files.FORMS:
        abort(404)
    run = requests.get_run(db(), run_id)
    return _download(run_id, ending, model_files.read(db(), run, ending), "application/octet-stream")


@pages.get("/runs/<int:run_id>/model.zip")
def archive(run_id: int) -> ResponseReturnValue:
    """All files of the run, made while they are sent."""
    run = requests.get_run(db(), run_id)
    texts = texts_of_archive(run, model_files.offered(db(), run))
    return _download(run_id, "zip", model_files.archive(db(), run, texts), "application/zip")


def _download(run_id: int, ending: str, content: model_files.Content, mimetype: str) -> Response:
    audit.note(db(), "model_downloaded", me(), run=run_id, file=ending)
    db().commit()
    response = Response(content, mimetype=mimetype)
    name = model_files.file_name(run_id, ending)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
