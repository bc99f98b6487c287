"""The Celery tasks of backups: making one, and asking for those that the schedule wants."""

from db import queue
from db.backup import kept
from db.queue import app, worker_name
from db.session import session_scope


@app.task(name=queue.MAKE_BACKUP)
def make_backup(backup_id: int, attempt: int) -> None:
    with session_scope() as session:
        kept.make(session, backup_id, attempt, worker_name("train"))


@app.task(name=queue.START_DUE_BACKUP)
def start_due_backup() -> None:
    with session_scope() as session:
        kept.start_due(session)
