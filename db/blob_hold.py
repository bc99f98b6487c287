"""While a backup reads the stored files that its copy of the database names, none of them is deleted.

A hold is a row that its backup renews every few seconds; that of a killed backup ends by itself. Whoever
deletes a file takes a shared lock first and keeps it until the commit, and a new hold takes that lock alone:
so a file is deleted either before the backup copies the database, with its row, or not at all.
"""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, or_, select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import SHOWN, Artifact, BlobHold, DoomedBlob, Photo, Prediction, Run
from db.session import insert_missing, session_scope, take_lock
from db.storage import blobs

LOCK = 0x5EC0F
"""Key of the lock on deleting files; an arbitrary number used for nothing else."""
HOLD_SECONDS, RENEW_SECONDS = 15.0, 3.0
NAMED_AT_ONCE = 500


class Hold:
    """A hold in force; `is_lost` once it could not be renewed, so that files may be gone."""

    def __init__(self, id: int) -> None:
        self._id, self.is_lost, self._stop = id, False, threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)
        self._thread.start()

    def release(self) -> None:
        self._stop.set()
        self._thread.join()
        with session_scope() as session:
            session.execute(delete(BlobHold).where(BlobHold.id == self._id))
            session.commit()

    def _renew(self) -> None:
        while not self._stop.wait(RENEW_SECONDS):
            try:
                self.is_lost = not _renew_row(self._id)
            except Exception:  # noqa: BLE001 - whatever it was, the hold may be lost
                self.is_lost = True
            if self.is_lost:
                return


@contextmanager
def hold() -> Iterator[Hold]:
    """Keep every stored file until the end of the block."""
    with session_scope() as session:
        take_lock(session, LOCK)
        session.execute(delete(BlobHold).where(BlobHold.until < now()))
        row = BlobHold(until=_end())
        session.add(row)
        session.commit()
        held = Hold(row.id)
    try:
        yield held
    finally:
        held.release()


def is_held(session: Session) -> bool:
    """Whether files must stay; if not, none is held until the commit."""
    take_lock(session, LOCK, shared=True)
    return session.scalar(select(BlobHold.id).where(BlobHold.until > now()).limit(1)) is not None


def delete_blobs(session: Session, keys: Iterable[str]) -> None:
    """Delete stored files that no row names any more; while they are held, with the commit note to do so."""
    keys = set(keys)
    if is_held(session):
        insert_missing(session, DoomedBlob, [{"key": key} for key in sorted(keys)])
        return
    for key in keys:
        blobs().delete(key)


def delete_doomed(session: Session) -> None:
    """Delete the files that were held when they should have been deleted. Commits."""
    while keys := set(session.scalars(select(DoomedBlob.key).limit(NAMED_AT_ONCE))):
        if is_held(session):
            break
        for key in keys - named_among(session, keys):
            blobs().delete(key)
        session.execute(delete(DoomedBlob).where(DoomedBlob.key.in_(keys)))
        session.commit()
    session.commit()


def named_among(session: Session, keys: set[str]) -> set[str]:
    """Those of the keys that a row names."""
    named: set[str] = set()
    for model in (Photo, Prediction):
        uses = or_(model.blob.in_(keys), model.view_blob.in_(keys))
        named.update(
            key for row in session.execute(select(model.blob, model.view_blob).where(uses)) for key in row
        )
    named.update(session.scalars(select(Run.manifest).where(Run.manifest.in_(keys))))
    named.update(session.scalars(select(Artifact.blob).where(Artifact.blob.in_(keys))))
    return named & keys


def all_named(session: Session) -> Iterator[str]:
    """The key of every file that a row names, some more than once; without those that are being erased."""
    for query in (select(Photo.blob, Photo.view_blob).where(SHOWN), select(Artifact.blob)):
        for row in session.execute(query.execution_options(yield_per=1000)):
            yield from row
    for manifest in session.scalars(select(Run.manifest).where(Run.manifest.is_not(None))):
        yield str(manifest)


def _renew_row(id: int) -> bool:
    with session_scope() as session:
        alive = update(BlobHold).where(BlobHold.id == id, BlobHold.until > now())
        result = session.execute(alive.values(until=_end()))
        session.commit()
        assert isinstance(result, CursorResult)
        return result.rowcount > 0


def _end() -> datetime:
    return now() + timedelta(seconds=HOLD_SECONDS)
