"""Which model is live, and going back to the one before it."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.models import Event, Person, Run, Score, Workbench
from db.workbench import workbench


def live(session: Session) -> Run | None:
    """The run whose model is in use, as the database has it now."""
    query = select(Run).join(Workbench, Workbench.live_run_id == Run.id)
    return session.scalar(query, execution_options={"populate_existing": True})


def make_live(session: Session, run: Run, reason: str, by: Person | None = None) -> None:
    """Swap the live run. The scores of the one before are kept, for the way back."""
    row = workbench(session)
    if row.live_run_id != run.id:
        row.previous_run_id, row.live_run_id = row.live_run_id, run.id
    run.promoted, run.reason = True, reason
    detail = {"run": run.id, "before": row.previous_run_id, "reason": reason}
    session.add(Event(kind="promoted", person_id=by.id if by else None, detail=detail))


def forget_old_scores(session: Session) -> None:
    """Delete the scores of runs that are neither live nor the one before, nor at work. Commits."""
    kept = workbench(session).kept
    working = select(Run.id).where(Run.status == "running")
    session.execute(delete(Score).where(Score.run_id.not_in(kept), Score.run_id.not_in(working)))
    session.commit()
