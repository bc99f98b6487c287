"""The workbench's one row of shared state, and the live run that it names."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Run, Workbench


def live_run(session: Session) -> Run | None:
    """The run whose model is in use, as the database has it now, also in a session that knows it already."""
    query = select(Run).join(Workbench, Workbench.live_run_id == Run.id)
    return session.scalar(query, execution_options={"populate_existing": True})


def workbench(session: Session) -> Workbench:
    """The one row, locked until the commit."""
    row = session.scalar(select(Workbench).with_for_update(), execution_options={"populate_existing": True})
    if row is None:
        row = Workbench(id=1)
        session.add(row)
        session.flush()
    return row
