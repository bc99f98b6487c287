"""An import in a worker: it may be killed anywhere, and the next attempt goes on behind the last photo."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import audit, blob_hold, disk, jobs, outages
from db.base import now
from db.errors import NoSpace, Refused, Unavailable
from db.models import Import, ImportLine, ImportPhoto, Person, Photo
from db.session import insert_missing
from db.storage import blobs
from labeller.errors import BadDataset
from labeller.formats.records import PhotoRecord
from labeller.imports.check import check
from labeller.imports.dataset import Dataset, Wanted, opened
from labeller.imports.report import Report
from labeller.imports.requests import KEPT_LINES
from labeller.imports.run import import_records
from labeller.imports.take import Importer
from labeller.imports.tidy import drop_archives
from labeller.imports.workspace import workspace
from labeller.people.people import find_person

LEASE_SECONDS = 300
"""Longer than walking a large folder takes; a worker that dies is noticed by its heartbeats anyway."""
REPORT_EVERY = 1.0
"""Seconds between two writes of the progress before the first photo."""
UNPACKED, CHECKED = 0.1, 0.2
"""Of the progress, at the end of these steps."""

log = structlog.get_logger()


def import_dataset(session: Session, import_id: int, attempt: int, owner: str) -> None:
    """Import the archive if this attempt is still due; what goes wrong is stored in words. Commits."""
    if disk.space().is_low:
        return  # the sweep sends it again
    claim = jobs.claim(session, Import, import_id, attempt, jobs.Holder(owner, LEASE_SECONDS))
    if claim is None:
        return
    try:
        _import(session, session.get_one(Import, import_id, populate_existing=True), claim)
    except jobs.LostLease:
        blob_hold.delete_doomed(session)
        log.info("import_lease_lost", **{"import": import_id})
    except (NoSpace, Unavailable) as error:  # once the lease has ended, it is tried again
        session.rollback()
        log.warning("import_waits", error=error.code, **{"import": import_id})
    except Refused as error:
        session.rollback()
        _end(session, claim, "failed", f"{error.message} {error.hint}".strip())
    except Exception as error:
        session.rollback()
        if outages.is_outage(error) or disk.is_full_error(error):
            raise  # once the lease has ended, it is tried again
        log.exception("import_failed", **{"import": import_id})
        _end(session, claim, "failed", "Something unexpected happened; the log has the details.")
    drop_archives(session)


def _import(session: Session, row: Import, claim: jobs.Claim) -> None:
    """Raises LostLease, NoSpace, Unavailable and Refused."""
    progress = _Progress(session, claim)
    with (
        _archive(row) as path,
        opened(
            session,
            Wanted(path, row.format, row.options),
            lambda share: progress.report(UNPACKED * share),
        ) as dataset,
    ):
        progress.report(UNPACKED, format=dataset.format.name)
        checked = check(session, dataset, lambda _: progress.report(UNPACKED), Report())
        progress.report(CHECKED)
        step = _Step(session, claim, row, checked.records)
        importer = _importer(session, row, dataset, step.report)
        import_records(dataset, importer, step.report, step, after=row.position)
    _end(session, claim, "done", None)


@contextmanager
def _archive(row: Import) -> Iterator[Path]:
    """The archive under its own name. Raises BadDataset if it is gone."""
    with workspace() as folder:
        path = folder / (Path(row.file_name.replace("\\", "/")).name.strip(".") or "archive")
        local = blobs().local_path(str(row.stored))
        try:
            if local is not None:
                path.symlink_to(local.resolve(strict=True))
            else:
                with open(path, "wb") as file:
                    for chunk in blobs().read_chunks(str(row.stored)):
                        file.write(chunk)
        except FileNotFoundError as error:
            raise BadDataset("archive_gone", "The stored archive is gone.", "Send it again.") from error
        yield path


def _importer(session: Session, row: Import, dataset: Dataset, report: Report) -> Importer:
    by = session.get(Person, row.requested_by) if row.requested_by else None
    if by is None:
        raise BadDataset("sender_gone", "Whoever asked for this import is not here any more.")
    person = find_person(session, row.person_id) if row.person_id else None
    importer = Importer(session, dataset, by, person, report)
    taken = select(Photo, ImportPhoto.name).join(ImportPhoto, ImportPhoto.photo_id == Photo.id)
    for photo, name in session.execute(taken.where(ImportPhoto.import_id == row.id)).tuples():
        importer.folders.remember(photo, name)
    return importer


def _end(session: Session, claim: jobs.Claim, status: str, error: str | None) -> None:
    """End the job; does nothing if it is over already."""
    try:
        jobs.write(session, claim, 0, status=status, error=error, progress=1.0, finished_at=now())
    except jobs.LostLease:
        return
    audit.note(session, f"import_{status}", None, **{"import": claim.id})
    session.commit()


class _Progress:
    """Writes how far the job is, now and then, which renews its lease."""

    def __init__(self, session: Session, claim: jobs.Claim) -> None:
        self._session, self._claim, self._written_at = session, claim, 0.0

    def report(self, share: float, **values: str) -> None:
        """Raises LostLease."""
        if values or time.monotonic() - self._written_at >= REPORT_EVERY:
            self._written_at = time.monotonic()
            values |= {"progress": round(share, 3)}  # type: ignore[dict-item]
            jobs.write(self._session, self._claim, LEASE_SECONDS, **values)
            self._session.commit()


class _Step:
    """Commits each record with its lines, fenced by the claim."""

    def __init__(self, session: Session, claim: jobs.Claim, row: Import, records: int) -> None:
        self._session, self._claim, self._records = session, claim, max(1, records)
        self.report = Report(Counter(row.counts))
        kept = select(ImportLine.remark, func.count()).where(ImportLine.import_id == row.id)
        self._kept = Counter(dict(session.execute(kept.group_by(ImportLine.remark)).tuples().all()))

    def __call__(self, number: int, record: PhotoRecord | None, photo: Photo | None) -> None:
        """Raises LostLease."""
        pictures = (photo.blob, photo.view_blob) if photo is not None else ()
        if photo is not None and record is not None:
            taken = {"import_id": self._claim.id, "photo_id": photo.id, "name": record.name}
            self._session.flush()
            insert_missing(self._session, ImportPhoto, [taken])
        self._keep_lines()
        share = CHECKED + (1 - CHECKED) * number / self._records
        values = {"position": number, "counts": dict(self.report.counts), "progress": round(share, 3)}
        try:
            jobs.write(self._session, self._claim, LEASE_SECONDS, **values)
        except jobs.LostLease:
            blob_hold.delete_blobs(self._session, pictures)
            self._session.commit()
            raise
        self._session.commit()

    def _keep_lines(self) -> None:
        for line in self.report.take():
            one = line.problem
            self._kept[one.remark] += 1
            if self._kept[one.remark] <= KEPT_LINES:
                self._session.add(
                    ImportLine(
                        import_id=self._claim.id, photo_id=line.photo_id, remark=one.remark, file=one.file,
                        place=one.place, message=one.message,
                    )
                )  # fmt: skip
