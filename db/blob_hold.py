"""Deleting stored files: never one that a row names, is about to name, or that a backup reads.

Whoever wants a file deleted notes that in the transaction that takes its row away. It is deleted after the
commit, if no row names it then: a rollback or a kill loses no file that is still named, and leaves none.

Equal pictures share a file. Whoever is about to add a row for a stored file `keep`s it under a shared lock,
and whoever deletes holds that lock alone, waiting for nothing else meanwhile.

A hold is a row that its backup renews every few seconds; that of a killed backup ends by itself. A new one
takes the lock alone, too: a file is deleted either before the backup copies the database, or after its end.
"""

import hashlib
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from sqlalchemy import CursorResult, delete, or_, select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import SHOWN, Artifact, BlobHold, Clip, DoomedBlob, Photo, Run
from db.session import session_scope, take_lock
from db.storage import blobs

log = structlog.get_logger()

LOCK = 0x5EC0F
"""Key of the lock on deleting files; an arbitrary number used for nothing else."""
HOLD_SECONDS, RENEW_SECONDS = 15.0, 3.0
DELETED_AT_ONCE = 50
"""Files; those who store some wait meanwhile."""


class Hold:
    """A hold in force; `is_lost` once it has ended without being released, so that files may be gone."""

    def __init__(self, id: int) -> None:
        self._id, self.is_lost, self._stop = id, False, threading.Event()
        self._ends_at = time.monotonic() + HOLD_SECONDS
        self._thread = threading.Thread(target=self._renew, daemon=True)
        self._thread.start()

    def release(self) -> None:
        self._stop.set()
        self._thread.join()
        with session_scope() as session:
            session.execute(delete(BlobHold).where(BlobHold.id == self._id))
            session.commit()

    def _renew(self) -> None:
        while not self.is_lost and not self._stop.wait(RENEW_SECONDS):
            began = time.monotonic()
            try:
                self.is_lost = not _renew_row(self._id)
                self._ends_at = began + HOLD_SECONDS
            except Exception as error:  # noqa: BLE001 - whatever it was, until its end the hold holds
                log.warning("hold_not_renewed", error=type(error).__name__)
                self.is_lost = time.monotonic() > self._ends_at


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
    """Whether a backup reads stored files now."""
    return session.scalar(select(BlobHold.id).where(BlobHold.until > now()).limit(1)) is not None


def may_delete(session: Session) -> bool:
    """Whether files may be deleted now; then none is held, and no row names another, until the commit.

    Begin a new transaction before: those who wait for this lock must hold no other.
    """
    take_lock(session, LOCK)
    return not is_held(session)


def keep(session: Session, contents: Iterable[bytes]) -> None:
    """Keep files that have been stored, and that rows are about to name, from deletion until the commit.

    One that was deleted since it was stored is stored again.
    """
    take_lock(session, LOCK, shared=True)
    for content in contents:
        if not blobs().has(hashlib.sha256(content).hexdigest()):
            blobs().put(content)


def keep_stored(session: Session, key: str) -> bool:
    """Keep a stored file that a row is about to name from deletion until the commit; False: it is gone."""
    take_lock(session, LOCK, shared=True)
    return blobs().has(key)


def delete_blobs(session: Session, keys: Iterable[str]) -> None:
    """Note with the commit that these files are to be deleted, unless a row names them still."""
    session.add_all(DoomedBlob(key=key) for key in sorted(set(keys)))
    session.flush()


def delete_doomed(session: Session) -> bool:
    """Delete the files that were noted for it; returns False if they must stay for now. Commits.

    Runs every few seconds; who wants the files gone at once calls it after the commit.
    """
    session.commit()
    while session.scalar(select(DoomedBlob.id).limit(1)) is not None:
        if not may_delete(session):
            session.rollback()
            return False
        notes = session.execute(select(DoomedBlob.id, DoomedBlob.key).limit(DELETED_AT_ONCE)).all()
        keys = {note.key for note in notes}
        for key in keys - named_among(session, keys):
            blobs().delete(key)
        session.execute(delete(DoomedBlob).where(DoomedBlob.id.in_([note.id for note in notes])))
        session.commit()
    return True


def named_among(session: Session, keys: set[str]) -> set[str]:
    """Those of the keys that a row names."""
    uses = or_(Photo.blob.in_(keys), Photo.view_blob.in_(keys))
    rows = session.execute(select(Photo.blob, Photo.view_blob).where(uses))
    named = {key for row in rows for key in row}
    named.update(session.scalars(select(Run.manifest).where(Run.manifest.in_(keys))))
    named.update(session.scalars(select(Artifact.blob).where(Artifact.blob.in_(keys))))
    named.update(key for key in session.scalars(select(Clip.blob).where(Clip.blob.in_(keys))) if key)
    return named & keys


def all_named(session: Session) -> Iterator[str]:
    """The key of every file that a row names, some more than once; without those that are being erased."""
    for query in (select(Photo.blob, Photo.view_blob).where(SHOWN), select(Artifact.blob)):
        for row in session.execute(query.execution_options(yield_per=1000)):
            yield from row
    for column in (Run.manifest, Clip.blob):
        for key in session.scalars(select(column).where(column.is_not(None))):
            yield str(key)


def _renew_row(id: int) -> bool:
    with session_scope() as session:
        alive = update(BlobHold).where(BlobHold.id == id, BlobHold.until > now())
        result = session.execute(alive.values(until=_end()))
        session.commit()
        assert isinstance(result, CursorResult)
        return result.rowcount > 0


def _end() -> datetime:
    return now() + timedelta(seconds=HOLD_SECONDS)
