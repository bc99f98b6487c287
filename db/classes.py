"""The classes: what may be answered, and what earlier names and merged or retired classes count as now."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, select
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
    ids: Mapping[str, int]
    """The id of each of `names`."""
    counts_as: Mapping[str, str | None]
    """For each label that an answer may have, the class that it counts as; None for a retired class."""
    shown_as: Mapping[int, str]
    """The name that the answers of each class count as now; that of a merged class is its target's."""
    own_names: Mapping[int, str]
    """The name of each class, merged ones included."""
    known: Mapping[str, str]
    """For each name that a class has or had, as `comparable` writes it, that class's name."""

    def resolve(self, label: str | None) -> str | None:
        """The class that a label counts as; None for a retired class. An unknown label counts as itself."""
        return None if label is None else self.counts_as.get(label, label)

    def find(self, name: str) -> str | None:
        """The class that is or was called so, in whatever case; None if there is none, or it is retired."""
        label = name if name in self.counts_as else self.known.get(comparable(name))
        return None if label is None or self.counts_as[label] is None else label

    def shown(self, ids: Sequence[int]) -> list[str]:
        """The names under which the classes of a run are shown."""
        return [self.shown_as[id] for id in ids]

    def by_name(self, ids: Sequence[int], probabilities: Sequence[float]) -> dict[str, float]:
        """The probabilities of a run's classes by the names shown; those of merged classes add up."""
        return add_by_name(self.shown(ids), probabilities)

    def name_of(self, column: Any) -> ColumnElement[str]:
        """In a query, the name under which the class with the id in `column` is shown."""
        return case(dict(self.shown_as), value=column)


def add_by_name(names: Sequence[str], probabilities: Sequence[float]) -> dict[str, float]:
    """Probabilities by name; those of merged classes, which are shown under the same name, add up."""
    added: dict[str, float] = {}
    for name, probability in zip(names, probabilities, strict=True):
        added[name] = added.get(name, 0.0) + probability
    return added


def comparable(name: str) -> str:
    """Equal for names that look the same: without case, invisible characters, and ways to write an accent."""
    visible = "".join(c for c in unicodedata.normalize("NFC", name) if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", visible).casefold())


def read(session: Session) -> Classes:
    """Read the classes, in the order of their creation."""
    query = select(Class).order_by(Class.id).execution_options(populate_existing=True)
    rows = {row.id: row for row in session.scalars(query)}
    counts_as = {row.name: _current_name(row, rows) for row in rows.values()}
    ids = {row.name: row.id for row in rows.values() if row.name == counts_as[row.name]}
    known = {comparable(name): row.name for row in rows.values() for name in row.former}
    known |= {comparable(row.name): row.name for row in rows.values()}
    shown_as = {row.id: counts_as[row.name] or row.name for row in rows.values()}
    own_names = {row.id: row.name for row in rows.values()}
    return Classes(tuple(ids), ids, counts_as, shown_as, own_names, known)


def names(session: Session) -> tuple[str, ...]:
    """The names of the classes that can be answered."""
    return read(session).names


def add_missing(session: Session) -> None:
    """Add the classes of the settings that no class is or was called. Commits."""
    lock(session, to_edit=True)
    known = set(read(session).known)
    for name in settings().classes:
        if comparable(name) not in known:
            session.add(Class(name=name))
            session.flush()
            known.add(comparable(name))
    session.commit()


def lock(session: Session, *, to_edit: bool = False) -> None:
    """Prevent edits of the classes until the commit, and with `to_edit` new answers, too."""
    take_lock(session, LOCK, shared=not to_edit)


def _current_name(row: Class, rows: Mapping[int, Class]) -> str | None:
    while row.merged_into_id is not None:
        row = rows[row.merged_into_id]
    return None if row.retired_at else row.name
