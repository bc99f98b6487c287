"""Asking for exports, stopping and deleting them, and who downloads which."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db import audit, blob_hold, job_ends, jobs
from db.base import OPEN, now
from db.errors import Conflict, NotFound
from db.models import Export, Person
from db.storage import blobs
from db.webhooks import events
from labeller.exports import known_formats, source_choice
from labeller.exports.contents import no_photos

FOLDER = "export"
"""Of the stored files."""
SHOWN = 20
MOST_OPEN = 10
"""Exports that may wait or be made at the same time."""


def request(session: Session, order: dict[str, Any], by: Person) -> Export:
    """Ask for an export; `order` are `format`, `source`, `crops` and `names` as in the row.

    Raises BadExport, BadAnswer for a filter that makes no sense, NotFound, and Conflict if many wait.
    """
    format = known_formats.find(order["format"], crops=order["crops"])
    order = order | {"source": source_choice.normalised(session, order["source"])}
    known_formats.require_whole(format, order["source"])
    if not source_choice.read(session, order["source"]).count(session):
        raise no_photos()
    waiting = session.scalars(select(Export.id).where(Export.status.in_(OPEN)).limit(MOST_OPEN)).all()
    if len(waiting) == MOST_OPEN:
        raise Conflict("many_exports", f"{MOST_OPEN} exports are being made.", "Wait for them, or stop some.")
    export = Export(**order, requested_by=by.id)
    session.add(export)
    jobs.submit(session, export)
    audit.note(session, "export_requested", by, export=export.id, format=export.format)
    return export


def get(session: Session, export_id: int) -> Export:
    """The export as the database has it now. Raises NotFound."""
    export = session.get(Export, export_id, populate_existing=True)
    if export is None:
        raise NotFound("no_such_export", "There is no such export.", "It may have been deleted.")
    return export


def recent(session: Session, before: int | None = None, limit: int = SHOWN) -> Sequence[Export]:
    """Exports from the newest on, older than the export `before`."""
    query = select(Export).order_by(Export.id.desc()).limit(limit)
    return session.scalars(query if before is None else query.where(Export.id < before)).all()


def shown(session: Session) -> Sequence[Export]:
    """The newest exports and all that have a file, newest first."""
    newest = select(Export.id).order_by(Export.id.desc()).limit(SHOWN)
    query = select(Export).where(or_(Export.file.is_not(None), Export.id.in_(newest)))
    return session.scalars(query.order_by(Export.id.desc())).all()


def cancel(session: Session, export: Export, by: Person) -> None:
    """Stop it now; its worker notices at its next write. Raises Conflict if it is over."""
    if not job_ends.cancel(session, export):
        raise Conflict("export_over", "This export has ended already.")
    events.emit(session, "export.done", {"export_id": export.id, "status": "cancelled"})
    audit.note(session, "export_cancelled", by, export=export.id)


def delete(session: Session, export: Export, by: Person) -> None:
    """Delete the export, and with the commit its file; whoever makes it loses it."""
    if export.file is not None:
        blob_hold.delete_blobs(session, [export.file])
    session.delete(export)
    audit.note(session, "export_deleted", by, export=export.id)


def file_of(export: Export) -> str:
    """The name of the stored file. Raises NotFound."""
    if export.file is None or not blobs().has(export.file):
        hint = {
            "expired": "It was kept for some days. Make it again.",
            "erased": "Something in it was deleted since. Make it again.",
        }.get(export.gone or "", "It is not made yet, or did not succeed.")
        raise NotFound("no_file", "This export has no file.", hint)
    return export.file


def note_download(session: Session, export: Export, by: Person) -> None:
    """Note in the audit trail that `by` downloads the file."""
    audit.note(session, "export_downloaded", by, export=export.id)


def end_expired(session: Session) -> None:
    """Delete the files that were kept long enough, and what killed workers have left. Commits."""
    late = Export.file.is_not(None), Export.expires_at < now()
    for export in session.scalars(select(Export).where(*late)):
        blob_hold.delete_blobs(session, [str(export.file)])
        export.file, export.gone, export.photo_ids = None, "expired", None
    session.commit()
    stored = blobs().list_named(FOLDER)
    alive = or_(Export.file.is_not(None), Export.status.in_(OPEN))
    rows = session.execute(select(Export.id, Export.file).where(alive)).all()
    kept = {row.file or f"{FOLDER}/{row.id}/" for row in rows}
    for name in stored:
        if name not in kept and f"{name.rpartition('/')[0]}/" not in kept:
            blobs().delete(name)
    session.commit()
