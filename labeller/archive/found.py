"""What rows of an archive are called here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from labeller.archive.layout import Rows
from labeller.archive.lines import Row
from labeller.formats.records import Remark

Say = Callable[[Remark, str, str, str], None]
"""Takes a line of the report: remark, file, place, message."""
LABELS = {"photo": ("folder_label", "conflicting_label"), "face": ("label",), "answer": ("label",)}
"""Columns with names of classes, by table."""
ATTRIBUTES = {"wanted": "opinions_wanted"}
"""What the class of a row calls a column, where it calls it otherwise."""


@dataclass
class Found:
    """By their ids there, the ids of rows here; None for who was deleted here."""

    labels: dict[str, str] = field(default_factory=dict)
    """By the name of a class there, its name here."""
    ids: dict[str, dict[int, int | None]] = field(default_factory=dict)

    def id(self, table: str, id: int | None) -> int | None:
        return None if id is None else self.ids[table].get(id)

    def values(self, rows: Rows, row: Row, *left_out: str) -> dict[str, Any]:
        """The row's columns, with ids and names of classes as they are here; without those left out."""
        values = without_none(row, "id", *left_out)
        for column, table in rows.references().items():
            if column in values:
                values[column] = self.id(table, values[column])
        for column in LABELS.get(rows.table, ()):
            if column in values:
                values[column] = self.labels.get(values[column], values[column])
        return {ATTRIBUTES.get(name, name): value for name, value in values.items()}


def without_none(row: Row, *left_out: str) -> dict[str, Any]:
    """The row without some columns, and without those that hold nothing."""
    return {name: value for name, value in row.items() if value is not None and name not in left_out}
