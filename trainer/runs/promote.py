"""Make a run live, and delete scores that are no longer needed."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from db.messages import Message
from db.models import Event, Person, Run, Score
from db.webhooks import events
from db.workbench import lock_workbench


def make_live(session: Session, run: Run, reason: Message, by: Person | None = None) -> None:
    """Make the run live. The run it replaces keeps its scores, so that one can roll back to it."""
    row = lock_workbench(session)
    if row.live_run_id != run.id:
        row.previous_run_id, row.live_run_id = row.live_run_id, run.id
    run.promoted, run.reason = True, reason
    told = {"run_id": run.id, "previous_run_id": row.previous_run_id, "by_hand": by is not None}
    events.emit(session, "model.promoted", told)
    detail = {"run": run.id, "before": row.previous_run_id, "reason": reason}
    session.add(Event(kind="promoted", person_id=by.id if by else None, detail=detail))


def delete_old_scores(session: Session) -> None:
    """Delete the scores of runs that are neither live, previous nor running. Commits."""
    kept = lock_workbench(session).runs_with_scores
    running = select(Run.id).where(Run.status == "running")
    session.execute(delete(Score).where(Score.run_id.not_in(kept), Score.run_id.not_in(running)))
    session.commit()
