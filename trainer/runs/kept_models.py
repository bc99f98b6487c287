"""Which runs keep the files of their model, and dropping those of the others; their figures stay.

Kept are the live run and the one before it, the newest KEEP_MODELS, as many of those that were live last, and
what somebody pinned.
"""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db import blob_hold
from db.base import OPEN, now
from db.models import Artifact, Event, Person, Run
from db.settings import settings
from db.workbench import lock_workbench
from trainer.errors import NoModel


def drop_old(session: Session) -> list[int]:
    """Drop the files of runs that keep none, and return these runs. Commits.

    Not while a run is running, which may store the very same bytes.
    """
    kept = {*lock_workbench(session).runs_with_scores, *_newest(session), *_newest(session, was_live=True)}
    if session.scalar(select(Run.id).where(Run.status == "running")) is not None:
        session.commit()
        return []
    with_files = select(Artifact.run_id).distinct()
    is_over = Run.status.not_in(OPEN)  # one that was stopped while it scored has files, and goes on later
    query = select(Run).where(Run.id.in_(with_files), Run.id.not_in(kept), Run.pinned.is_(False), is_over)
    runs = list(session.scalars(query.order_by(Run.id)))
    ids = [run.id for run in runs]
    files = select(Artifact.blob).where(Artifact.run_id.in_(ids))
    blobs = set(session.scalars(files))
    for run in runs:
        run.dropped_at = now()
    session.execute(delete(Artifact).where(Artifact.run_id.in_(ids)))
    if ids:
        session.add(Event(kind="models_dropped", detail={"runs": ids}))
    blob_hold.delete_blobs(session, blobs)
    session.commit()
    blob_hold.delete_doomed(session)
    return ids


def require_files(run: Run) -> None:
    """Raises NoModel if the run's files were dropped."""
    if run.dropped_at is not None:
        message = (
            f"The files of run {run.id} are not here: newer runs took their place, or it is from an archive."
        )
        raise NoModel("files_dropped", message, "Its figures are kept. Choose a newer run, or train again.")


def pin(session: Session, run: Run, pinned: bool, by: Person) -> None:
    """Keep the run's files, or let them be dropped in turn. Raises NoModel if they were dropped already."""
    lock_workbench(session)
    session.refresh(run)
    require_files(run)
    run.pinned = pinned
    kind = "model_pinned" if pinned else "model_unpinned"
    session.add(Event(kind=kind, person_id=by.id, detail={"run": run.id}))


def _newest(session: Session, *, was_live: bool = False) -> list[int]:
    """The newest KEEP_MODELS runs that have a model, or of those that were live."""
    query = select(Run.id).where(Run.status == "done", Run.dropped_at.is_(None))
    if was_live:
        query = query.where(Run.promoted)
    return list(session.scalars(query.order_by(Run.id.desc()).limit(settings().keep_models)))
