"""The current classes: those in the settings, with the edits stored in the database."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Class
from db.session import take_lock
from db.settings import settings

LOCK = 0x5EC0D
"""Key of the lock on the classes; an arbitrary number used for nothing else."""


@dataclass(frozen=True)
class Classes:
    """The classes of one moment."""

    names: tuple[str, ...]
    counts_as: Mapping[str, str | None]
    """For each label that an answer may have, the class that it counts as; None for a retired class."""
    former: Mapping[str, str]
    """For each earlier name, the name it was changed to."""

    def resolve(self, label: str | None) -> str | None:
        """The class that a label counts as; None for a retired class. An unknown label counts as itself."""
        return None if label is None else self.counts_as.get(label, label)

    def current_name(self, name: str) -> str:
        """The current name of a class of an earlier run; a retired class keeps its name."""
        return self.resolve(name) or name


def read(session: Session) -> Classes:
    """Read the classes: edited ones first, each part in the order of its creation."""
    query = select(Class).order_by(Class.id).execution_options(populate_existing=True)
    rows = {row.id: row for row in session.scalars(query)}
    counts_as = {row.name: _current_name(row, rows) for row in rows.values()}
    former = {name: row.name for row in rows.values() for name in row.former if name not in counts_as}
    for name in settings().classes:
        if name not in former:
            counts_as.setdefault(name, name)
    names = tuple(name for name, current in counts_as.items() if name == current)
    return Classes(names, counts_as, former)


def names(session: Session) -> tuple[str, ...]:
    """The names of the classes that can be answered."""
    return read(session).names


def lock(session: Session, *, to_edit: bool = False) -> None:
    """Prevent edits of the classes until the commit, and with `to_edit` new answers, too."""
    take_lock(session, LOCK, shared=not to_edit)


def _current_name(row: Class, rows: Mapping[int, Class]) -> str | None:
    while row.merged_into_id is not None:
        row = rows[row.merged_into_id]
    return None if row.retired_at else row.name
