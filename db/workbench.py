"""The shared state of the workbench, which is one row, and the live run."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Answer, Run, Workbench
from db.session import insert_missing, take_write_lock


def live_run(session: Session) -> Run | None:
    """The run whose model is in use, read anew even if the session has loaded it before; or None."""
    query = select(Run).join(Workbench, Workbench.live_run_id == Run.id)
    return session.scalar(query, execution_options={"populate_existing": True})


def last_answered_at(session: Session) -> datetime | None:
    """When the newest answer was given; by the primary key, since times have no index."""
    return session.scalar(select(Answer.created_at).order_by(Answer.id.desc()).limit(1))


def lock_workbench(session: Session) -> Workbench:
    """The row, created if it is missing, and locked until the commit."""
    take_write_lock(session)  # SQLite ignores FOR UPDATE
    insert_missing(session, Workbench, [{"id": 1, "train_after": 0}])
    row = select(Workbench).with_for_update()
    return session.scalars(row, execution_options={"populate_existing": True}).one()
