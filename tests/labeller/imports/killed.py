"""The newest import for `tests.killed`."""

from sqlalchemy import select

from db import jobs
from db.models import Import
from db.session import session_scope
from labeller.imports import work

WORKER = "transfers@here"


def import_newest() -> None:
    """As a worker that was started again does it."""
    with session_scope() as session:
        jobs.release(session, WORKER)
        row = session.scalars(select(Import).order_by(Import.id.desc()).limit(1)).one()
        work.import_dataset(session, row.id, row.attempt, WORKER)
