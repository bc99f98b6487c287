"""Which run's model somebody asks about a photo or a video."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from db.models import Artifact, Run, Workbench
from trainer.errors import NoModel, NotFound
from trainer.runs.kept_models import require_files

NEEDED = (Run.id, Run.status, Run.classes, Run.dropped_at, Run.retired_at)
"""Not its metrics and its head, which take milliseconds to read."""


@dataclass(frozen=True)
class AskedModel:
    """A run and the SHA-256 of its model's ONNX file."""

    run: Run
    sha256: str


def asked_model(session: Session, run_id: int | None = None) -> AskedModel:
    """The model of a run, by default the live one. Raises NotFound and NoModel."""
    query = select(Run).options(load_only(*NEEDED))
    if run_id is None:
        query = query.join(Workbench, Workbench.live_run_id == Run.id)
    else:
        query = query.where(Run.id == run_id)
    run = session.scalar(query.execution_options(populate_existing=True))
    if run is None and run_id is None:
        raise NoModel("no_model", "There is no model yet.", "Label some faces and train one first.")
    if run is None:
        raise NotFound("no_such_run", "There is no such run.")
    require_files(run)
    sha256 = model_hash(session, run.id)
    if run.status != "done" or run.retired_at is not None or sha256 is None:
        raise NoModel("no_model", f"Run {run.id} has no model.", "Choose another run, or train one.")
    return AskedModel(run, sha256)


def model_hash(session: Session, run_id: int) -> str | None:
    """The SHA-256 of the run's ONNX file; None if it has none, or no longer."""
    query = select(Artifact.blob).where(Artifact.run_id == run_id, Artifact.form == "onnx")
    return session.scalar(query)
