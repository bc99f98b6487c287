"""Imports that a worker does: asking for one with its archive, following it, stopping it."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import audit, disk, job_ends, jobs
from db.errors import Conflict
from db.models import Import, ImportLine, Person
from db.settings import settings
from db.storage import blobs
from db.texts import one_line
from labeller.errors import ImportTooLarge, NotFound
from labeller.formats import formats
from labeller.imports.options import read_options

STORED = "import"
"""The folder of archives among the stored files."""
LONGEST_NAME = 120
SHOWN = 20
KEPT_LINES = 1000
"""Lines of each remark that a report keeps; the counts hold all."""


@dataclass(frozen=True)
class Upload:
    """An archive that has arrived: what its sender calls it, its bytes, and what reads them once."""

    name: str
    size: int
    chunks: Iterator[bytes]


@dataclass(frozen=True)
class Wishes:
    """What its sender says of a dataset: `format` None to find it out, `person` who is in its photos."""

    format: str | None
    person: Person | None
    options: Mapping[str, Any]


def request(session: Session, by: Person, upload: Upload, wishes: Wishes) -> Import:
    """Store the archive, and have it imported after the commit.

    Raises BadDataset for an unknown format, BadAnswer for an unknown class, ImportTooLarge and NoSpace.
    """
    if wishes.format is not None:
        formats.by_name(wishes.format)
    read_options(session, wishes.options)
    _require_room(upload.size)
    session.commit()  # others may write while the archive is stored
    stored = f"{STORED}/{secrets.token_hex(16)}"
    blobs().put_named(stored, upload.chunks)
    row = Import(
        file_name=one_line(upload.name, LONGEST_NAME) or "archive",
        stored=stored,
        size=upload.size,
        format=wishes.format,
        options=dict(wishes.options),
        person_id=wishes.person.id if wishes.person else None,
        requested_by=by.id,
    )
    session.add(row)
    jobs.submit(session, row)
    audit.note(session, "import_requested", by, **{"import": row.id})
    return row


def _require_room(size: int) -> None:
    """Raises ImportTooLarge, and NoSpace unless the disk keeps its floor."""
    if size > settings().max_import_mb << 20:
        hint = f"The limit is {settings().max_import_mb} MB. Split the dataset, or import it by the shell."
        raise ImportTooLarge("file_too_large", "This archive is too large.", hint)
    space = disk.space()
    if space.free - size < space.floor:
        raise disk.no_space("Nothing was imported. Make room, then send it again.")


def get(session: Session, import_id: int) -> Import:
    """The import as the database has it now. Raises NotFound."""
    row = session.get(Import, import_id, populate_existing=True)
    if row is None:
        raise NotFound("no_such_import", "There is no such import.", "Reports are kept for 30 days.")
    return row


def recent(session: Session, before: int = 0, limit: int = SHOWN) -> list[Import]:
    """Imports from the newest on, older than the import `before` unless that is 0."""
    query = select(Import).order_by(Import.id.desc()).limit(limit)
    if before:
        query = query.where(Import.id < before)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def lines(session: Session, row: Import, remark: str, limit: int = KEPT_LINES) -> list[ImportLine]:
    """The first lines of one remark of the report."""
    query = select(ImportLine).where(ImportLine.import_id == row.id, ImportLine.remark == remark)
    return list(session.scalars(query.order_by(ImportLine.id).limit(limit)))


def cancel(session: Session, row: Import, by: Person) -> None:
    """End the import now; its worker stops at its next write, and what came in stays.

    Raises Conflict if it is over.
    """
    if not job_ends.cancel(session, row):
        raise Conflict("import_over", "This import has ended already.")
    audit.note(session, "import_cancelled", by, **{"import": row.id})
