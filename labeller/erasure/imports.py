"""Reports of imports name files, and files are often named after people: they forget whoever is deleted."""

from typing import Any

from sqlalchemy import delete, false, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql import ColumnElement

from db.base import OPEN, now
from db.models import Import, ImportLine, ImportPhoto, Person, Photo

SHORTEST_NAME = 2
"""Characters of a name that is looked for in texts."""
_NO_SYNC = {"synchronize_session": False}


def forget_in_reports(session: Session, person: Person) -> None:
    """Delete every line of imports that had photos of the person, and lines elsewhere with their name.

    Such an import that still goes on ends: it would bring more of their photos. Counts stay.
    """
    had_photos = select(ImportPhoto.import_id).join(Photo, Photo.id == ImportPhoto.photo_id)
    theirs = or_(Import.person_id == person.id, Import.id.in_(had_photos.where(Photo.person_id == person.id)))
    ids = list(
        session.scalars(select(Import.id).where(or_(theirs, _has_name(person.name, *_TEXTS_OF_IMPORT))))
    )
    session.execute(delete(ImportLine).where(ImportLine.import_id.in_(ids)), execution_options=_NO_SYNC)
    named = _has_name(person.name, ImportLine.file, ImportLine.place, ImportLine.message)
    session.execute(delete(ImportLine).where(named), execution_options=_NO_SYNC)
    forgotten = update(Import).where(Import.id.in_(ids))
    session.execute(forgotten.values(file_name="…", error=None), execution_options=_NO_SYNC)
    ended = forgotten.where(Import.status.in_(OPEN))
    session.execute(
        ended.values(status="cancelled", owner=None, finished_at=now()), execution_options=_NO_SYNC
    )


_TEXTS_OF_IMPORT = (Import.file_name, Import.error)


def _has_name(name: str, *columns: Any) -> ColumnElement[bool]:
    if len(name) < SHORTEST_NAME:
        return false()
    return or_(*(column.icontains(name, autoescape=True) for column in columns))
