"""What imports leave: archives of those that are over, folders of killed workers, old reports."""

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from db.base import OPEN, now
from db.models import Import
from db.storage import blobs
from labeller.imports import parts, workspace
from labeller.imports.requests import STORED

REPORTS_KEPT = timedelta(days=30)
ORPHANED_AFTER = timedelta(hours=2)
"""An archive is stored before its row is there."""


def tidy(session: Session) -> None:
    """Delete what no import needs any more. Commits."""
    workspace.delete_abandoned()
    parts.forget_stale()
    drop_archives(session)
    named = set(session.scalars(select(Import.stored).where(Import.stored.is_not(None))))
    for name, written_at in blobs().list_named(f"{STORED}/").items():
        if name not in named and written_at < now() - ORPHANED_AFTER:
            blobs().delete(name)
    session.execute(delete(Import).where(Import.finished_at < now() - REPORTS_KEPT))
    session.commit()


def drop_archives(session: Session) -> None:
    """Delete the archives of imports that are over. Commits."""
    over = Import.status.not_in(OPEN), Import.stored.is_not(None)
    names = session.execute(select(Import.id, Import.stored).where(*over)).tuples().all()
    for id, name in names:
        blobs().delete(str(name))
        session.execute(update(Import).where(Import.id == id).values(stored=None))
    session.commit()
