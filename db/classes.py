"""The classes as they are called now. Those that nobody edited stand in the settings alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from db.models import Class
from db.settings import settings

LOCK = 0x5EC0D
"""PostgreSQL's advisory lock on what the classes are; any number that nobody else uses."""


@dataclass(frozen=True)
class Classes:
    """`counts_as`: every word an answer may hold, and the class it counts as (None: retired)."""

    names: tuple[str, ...]
    counts_as: Mapping[str, str | None]
    former: Mapping[str, str]
    """Earlier names, and what they were changed to."""

    def resolve(self, label: str | None) -> str | None:
        """The class that a label counts as; None for a retired class. An unknown label counts as itself."""
        return None if label is None else self.counts_as.get(label, label)

    def current_name(self, name: str) -> str:
        """What a class of an earlier run is called now; a retired class keeps its name."""
        return self.resolve(name) or name


def read(session: Session) -> Classes:
    """The classes of this moment, edited ones first, in the order in which they came."""
    query = select(Class).order_by(Class.id).execution_options(populate_existing=True)
    rows = {row.id: row for row in session.scalars(query)}
    counts_as = {row.name: _standing(row, rows) for row in rows.values()}
    former = {name: row.name for row in rows.values() for name in row.former if name not in counts_as}
    for name in settings().classes:
        if name not in former:
            counts_as.setdefault(name, name)
    names = tuple(name for name, current in counts_as.items() if name == current)
    return Classes(names, counts_as, former)


def names(session: Session) -> tuple[str, ...]:
    """The classes one can answer with."""
    return read(session).names


def hold(session: Session, *, to_edit: bool = False) -> None:
    """Until the commit nobody edits the classes; `to_edit`: nobody answers either.

    SQLite needs no lock: who writes is alone there, and has to have begun to write.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"SELECT pg_advisory_xact_lock{'' if to_edit else '_shared'}({LOCK})"))


def _standing(row: Class, rows: Mapping[int, Class]) -> str | None:
    while row.merged_into_id is not None:
        row = rows[row.merged_into_id]
    return None if row.retired_at else row.name
