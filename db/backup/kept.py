"""The backups that the workbench makes and keeps: an owner or the schedule asks, a worker makes it."""

import time
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db import disk, job_ends, jobs
from db.backup import shelf
from db.backup.create import Made
from db.backup.lease import RenewedLease
from db.base import OPEN, now
from db.errors import BadInput, Conflict, NotFound, Refused
from db.jobs import Claim, Holder, LostLease
from db.models import Backup, Event, Person, Workbench
from db.workbench import lock_workbench

log = structlog.get_logger()

LEASE_SECONDS, WRITE_SECONDS = 30, 0.5
SCHEDULES = {0: "off", 1: "daily", 7: "weekly"}
"""Names by days between two backups."""
MOST_KEPT = 100
SHOWN = 30


def recent(session: Session) -> list[Backup]:
    """The newest backups and all that are kept, newest first."""
    newest = select(Backup.id).order_by(Backup.id.desc()).limit(SHOWN)
    shown = or_(Backup.file.is_not(None), Backup.id.in_(newest))
    return list(session.scalars(select(Backup).where(shown).order_by(Backup.id.desc())))


def last(session: Session) -> Backup | None:
    """The newest backup that was made."""
    return session.scalar(select(Backup).where(Backup.status == "done").order_by(Backup.id.desc()).limit(1))


def get(session: Session, backup_id: int) -> Backup:
    """The backup as the database has it now. Raises NotFound."""
    backup = session.get(Backup, backup_id, populate_existing=True)
    if backup is None:
        raise NotFound("no_such_backup", "There is no such backup.")
    return backup


def request(session: Session, by: Person | None) -> Backup:
    """The backup that waits or is made, else a new one; `by` is None for the schedule."""
    lock_workbench(session)
    if (waiting := session.scalar(select(Backup).where(Backup.status.in_(OPEN)).limit(1))) is not None:
        return waiting
    backup = Backup(scheduled=by is None)
    session.add(backup)
    jobs.submit(session, backup)
    _note(session, "backup_requested", backup, by)
    return backup


def cancel(session: Session, backup: Backup, by: Person) -> None:
    """End the backup now; its worker stops at its next write. Raises Conflict if it is over."""
    if not job_ends.cancel(session, backup):
        raise Conflict("backup_over", "This backup has ended already.")
    _note(session, "backup_cancelled", backup, by)


def delete(session: Session, backup: Backup, by: Person) -> None:
    """Delete a kept backup's file."""
    if backup.file is not None:
        shelf.delete(backup.file)
        backup.file = None
        _note(session, "backup_deleted", backup, by)


def note_download(session: Session, backup: Backup, by: Person) -> str:
    """The name of the file that `by` downloads, with an entry in the audit trail. Raises NotFound."""
    if backup.file is None:
        raise NotFound("no_file", "This backup's file is not there any more.", "Make a new one.")
    _note(session, "backup_downloaded", backup, by)
    return backup.file


def set_schedule(session: Session, days: int, hour: int, kept: int, by: Person) -> None:
    """Make a backup every `days` days (0: never) at a local hour and keep so many. Raises BadInput."""
    if days not in SCHEDULES or not 0 <= hour <= 23 or not 1 <= kept <= MOST_KEPT:
        hint = f"Off, daily or weekly, an hour from 0 to 23, and 1 to {MOST_KEPT} backups."
        raise BadInput("bad_schedule", "This is no schedule.", hint)
    row = lock_workbench(session)
    row.backup_days, row.backup_hour, row.backups_kept = days, hour, kept
    row.last_backup_day = _due_day(row, now().astimezone()).isoformat()
    session.add(
        Event(kind="backup_schedule", person_id=by.id, detail={"days": days, "hour": hour, "kept": kept})
    )


def start_due(session: Session, local: datetime | None = None) -> Backup | None:
    """Ask for a backup if one is due by the schedule, and commit."""
    rule = session.scalar(select(Workbench))
    if rule is None or not rule.backup_days:
        return None
    due = _due_day(rule, local or now().astimezone())
    if rule.last_backup_day and due < date.fromisoformat(rule.last_backup_day) + timedelta(rule.backup_days):
        return None
    lock_workbench(session).last_backup_day = due.isoformat()
    backup = request(session, None)
    session.commit()
    return backup


def _due_day(rule: Workbench, local: datetime) -> date:
    """The last day whose hour has come, also if the computer was asleep at that time."""
    return local.date() if local.hour >= rule.backup_hour else local.date() - timedelta(days=1)


def make(session: Session, backup_id: int, attempt: int, worker: str) -> None:
    """Make the backup if it still waits; what goes wrong is stored in words. Commits."""
    claim = jobs.claim(session, Backup, backup_id, attempt, Holder(worker, LEASE_SECONDS))
    if claim is None:
        return
    name = _file_name(get(session, backup_id))
    try:
        delete_leftovers(session)
        with RenewedLease(claim, LEASE_SECONDS) as lease:
            made = shelf.add(name, _Progress(session, claim, lease))
        _finish(session, claim, name, made)
    except LostLease:
        log.info("backup_stopped", backup=backup_id)
    except Exception as error:
        if isinstance(error, Refused) and error.code == "backup_running":
            return  # an earlier attempt, which will notice that it lost its lease
        if not isinstance(error, Refused) and not disk.is_full_error(error):
            log.exception("backup_failed", backup=backup_id)
        _fail(session, claim, job_ends.in_words(error))


def delete_leftovers(session: Session) -> None:
    """Delete what killed workers have left of backups that will not be made any more. Commits.

    Each is found by its row: files of another workbench, as after a restore, stay.
    """
    names = shelf.names()
    ids = {int(name.removesuffix(".tar").rpartition("-")[2]) for name in names}
    is_over = Backup.status.not_in(OPEN), Backup.file.is_(None)
    over = session.scalars(select(Backup).where(Backup.id.in_(ids), *is_over))
    left = names & {_file_name(backup) for backup in over}
    session.commit()
    for name in sorted(left):
        shelf.delete_all_of(name)


def _file_name(backup: Backup) -> str:
    return f"second-look-{backup.created_at:%Y-%m-%d}-{backup.id}.tar"


class _Progress:
    """Writes the share that is done now and then. Raises LostLease."""

    def __init__(self, session: Session, claim: Claim, lease: RenewedLease) -> None:
        self._session, self._claim, self._lease = session, claim, lease
        self._written_at = time.monotonic()

    def __call__(self, share: float) -> None:
        self._lease.require()
        if time.monotonic() - self._written_at >= WRITE_SECONDS:
            jobs.write(self._session, self._claim, LEASE_SECONDS, progress=min(1.0, share))
            self._session.commit()
            self._written_at = time.monotonic()


def _finish(session: Session, claim: Claim, name: str, made: Made) -> None:
    counts = {table: made.counts[table] for table in ("photo", "face", "answer", "run", "person")}
    values = {"status": "done", "progress": 1.0, "finished_at": now(), "file": name, "size": made.size}
    try:
        jobs.write(session, claim, 0, counts=counts | {"missing": made.missing}, error=None, **values)
    except LostLease:
        shelf.delete(name)
        raise
    session.add(Event(kind="backup_made", detail={"backup": claim.id, "bytes": made.size}))
    session.commit()
    _delete_old(session)


def _delete_old(session: Session) -> None:
    rule = session.scalar(select(Workbench))
    kept = rule.backups_kept if rule is not None else 5
    files = select(Backup).where(Backup.file.is_not(None)).order_by(Backup.id.desc()).offset(kept)
    for backup in session.scalars(files, execution_options={"populate_existing": True}).all():
        shelf.delete(str(backup.file))
        backup.file = None
        session.commit()


def _fail(session: Session, claim: Claim, reason: str) -> None:
    session.rollback()
    try:
        jobs.write(session, claim, 0, status="failed", finished_at=now(), error=reason)
    except LostLease:
        return  # it was stopped meanwhile
    session.add(Event(kind="backup_failed", detail={"backup": claim.id}))
    session.commit()


def _note(session: Session, kind: str, backup: Backup, by: Person | None) -> None:
    session.add(Event(kind=kind, person_id=by.id if by else None, detail={"backup": backup.id}))
