"""Making an export in a worker. Safe to repeat and to kill: its file is there when it is whole."""

import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import structlog
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from db import blob_hold, disk, id_sets, job_ends, jobs
from db.backup.lease import RenewedLease
from db.base import now
from db.errors import Refused
from db.jobs import Claim, Holder, LostLease
from db.models import SHOWN, Event, Export, Photo
from db.session import take_lock
from db.settings import settings
from db.storage import blobs
from db.webhooks import events
from labeller.erasure.exports import LOCK
from labeller.exports import known_formats, requests, source_choice
from labeller.exports.archive_contents import ArchiveContents, contents_of
from labeller.exports.contents import Contents, Cut, Order
from labeller.exports.zip_file import zipped

log = structlog.get_logger()

LEASE_SECONDS, WRITE_SECONDS = 30, 0.5
LOOKED_UP_AT_ONCE = 1000
TRIES = 3
"""Something of it may be deleted each time while it is made."""


def make(session: Session, export_id: int, attempt: int, worker: str, cut: Cut) -> None:
    """Make the export if it still waits; what goes wrong is stored in words. Commits."""
    claim = jobs.claim(session, Export, export_id, attempt, Holder(worker, LEASE_SECONDS))
    if claim is None:
        return
    try:
        blobs().delete_named(f"{requests.FOLDER}/{export_id}/")  # of a worker that was killed
        with RenewedLease(claim, LEASE_SECONDS) as lease:
            _make(session, claim, lease, cut)
    except LostLease:
        log.info("export_stopped", export=export_id)
    except Exception as error:
        if not isinstance(error, Refused) and not disk.is_full_error(error):
            log.exception("export_failed", export=export_id)
        _fail(session, claim, error)


def _make(session: Session, claim: Claim, lease: RenewedLease, cut: Cut) -> None:
    for number in range(TRIES):
        export, started_at = requests.get(session, claim.id), now()
        order = _order(session, export, cut)
        name = f"{requests.FOLDER}/{claim.id}/{claim.attempt}-{number}.zip"
        with tempfile.TemporaryDirectory() as scratch:
            contents = contents_of(session, order, Path(scratch))
            progress = _Progress(session, claim, lease)
            blobs().put_named_chunks(name, _watched(zipped(contents.entries(progress)), progress))
        try:
            if _finish(session, claim, name, contents, started_at):
                return
        except BaseException:
            blobs().delete(name)
            raise
        blobs().delete(name)
        log.info("export_again", export=claim.id)
    raise Refused("erased_meanwhile", "Photos in it were deleted while it was made.", "Make it again.")


def _order(session: Session, export: Export, cut: Cut) -> Order:
    format = known_formats.find(export.format, crops=export.crops)
    source = source_choice.read(session, export.source)
    return Order(format, source, names=export.names, cut=cut if export.crops else None)


class _Progress:
    """Writes the share that is done now and then. Raises LostLease, and NoSpace on a full disk."""

    def __init__(self, session: Session, claim: Claim, lease: RenewedLease) -> None:
        self._session, self._claim, self._lease = session, claim, lease
        self._written_at, self._share = time.monotonic(), 0.0

    def __call__(self, share: float) -> None:
        self._share = share
        self.look()

    def look(self) -> None:
        self._lease.require()
        if time.monotonic() - self._written_at >= WRITE_SECONDS:
            disk.require_space("Make room, then make it again.")
            jobs.write(self._session, self._claim, LEASE_SECONDS, progress=round(self._share, 3))
            self._session.commit()
            self._written_at = time.monotonic()


def _watched(chunks: Iterator[bytes], progress: _Progress) -> Iterator[bytes]:
    for chunk in chunks:
        progress.look()
        yield chunk


def _finish(
    session: Session, claim: Claim, name: str, contents: Contents | ArchiveContents, started_at: datetime
) -> bool:
    """End the job and name the file; False if something of it was deleted meanwhile. Raises LostLease.

    Under the lock that marking for deletion takes: what is marked afterwards finds this export.
    """
    take_lock(session, LOCK)
    export = requests.get(session, claim.id)
    if not _is_still_there(session, contents.photo_ids, started_at):
        session.rollback()
        return False
    report = contents.report.as_json(known_formats.find(export.format))
    values = {"status": "done", "progress": 1.0, "finished_at": now(), "error": None, "report": report}
    values |= {"file": name, "size": blobs().size(name)}
    values["photo_ids"] = id_sets.pack(np.array(contents.photo_ids, np.int64))
    values["expires_at"] = now() + timedelta(days=settings().export_days)
    jobs.write(session, claim, 0, **values)
    session.add(Event(kind="export_made", detail={"export": claim.id, "format": export.format}))
    events.emit(session, "export.done", {"export_id": claim.id, "status": "done"})
    session.commit()
    return True


def _is_still_there(session: Session, photo_ids: list[int], since: datetime) -> bool:
    """Whether none of the photos, and since then nobody, was marked for deletion."""
    if session.scalar(select(exists().where(Event.kind == "person_erased", Event.at >= since))):
        return False
    for start in range(0, len(photo_ids), LOOKED_UP_AT_ONCE):
        some = photo_ids[start : start + LOOKED_UP_AT_ONCE]
        if session.scalar(select(func.count()).where(Photo.id.in_(some), SHOWN)) != len(some):
            return False
    return True


def _fail(session: Session, claim: Claim, error: Exception) -> None:
    session.rollback()
    try:
        jobs.write(session, claim, 0, status="failed", finished_at=now(), error=job_ends.in_words(error))
    except LostLease:
        return  # it was stopped meanwhile
    session.add(Event(kind="export_failed", detail={"export": claim.id}))
    events.emit(session, "export.done", {"export_id": claim.id, "status": "failed"})
    session.commit()
    blob_hold.delete_doomed(session)
