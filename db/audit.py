"""Entries of the audit trail: who did what, by ids, so that a name that is erased is in no entry."""

from typing import Any

from sqlalchemy.orm import Session

from db.models import Event, Person


def note(session: Session, kind: str, by: Person | None, **detail: Any) -> None:
    """Add an entry; `by` is None for the workbench itself."""
    session.add(Event(kind=kind, person_id=by.id if by else None, detail=detail))
