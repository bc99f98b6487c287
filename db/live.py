"""Which model is in use: the one fact about training that both siblings read."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Run, Workbench


def live_run(session: Session) -> Run | None:
    """The run whose model is in use."""
    return session.scalar(select(Run).join(Workbench, Workbench.live_run_id == Run.id))
