"""Names of tags, saved filters and versions: on one line, and no two that look the same."""

from typing import TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db.classes import comparable
from db.errors import BadInput, Conflict
from db.models import DatasetVersion, SavedFilter, Tag
from db.texts import one_line
from labeller.errors import NotFound

Row = TypeVar("Row", Tag, SavedFilter, DatasetVersion)

LONGEST = 80
"""Characters."""
CALLED = {
    Tag: ("no_such_tag", "tag", "Look under Tags and filters."),
    SavedFilter: ("no_such_filter", "saved filter", "Look under Tags and filters."),
    DatasetVersion: ("no_such_version", "version", "Look under Versions."),
}
"""The code of the error if there is none, what people call one, and where all of them are."""


def clean(name: str) -> tuple[str, str]:
    """The name without spaces around it, and its key: equal keys look the same. Raises BadInput."""
    line = one_line(name, len(name))
    if not line or not comparable(line).strip():
        raise BadInput("no_name", "A name is missing.", "Type one.")
    if len(line) > LONGEST:
        raise BadInput("long_name", f"A name has at most {LONGEST} characters.", "Type a shorter one.")
    return line, comparable(line)


def get(session: Session, table: type[Row], id: int) -> Row:
    """The row with this id. Raises NotFound."""
    row = session.get(table, id)
    if row is None:
        code, word, _ = CALLED[table]
        raise NotFound(code, f"There is no such {word}.", "It may have been deleted.")
    return row


def named(session: Session, table: type[Row], reference: int | str) -> Row:
    """The row that is called so, or else that has this id; a number is only an id. Raises NotFound."""
    text = str(reference).strip()
    row = None
    if not isinstance(reference, int):
        row = session.scalar(select(table).where(table.key == comparable(text)))
    if row is None and text.isascii() and text.isdigit() and len(text) < 10:
        row = session.get(table, int(text))
    if row is None:
        code, word, hint = CALLED[table]
        raise NotFound(code, f"There is no {word} “{reference}”.", hint)
    return row


def after(table: type[Row], cursor: int, limit: int) -> Select[Row]:
    """The rows by id, those above `cursor`."""
    return select(table).where(table.id > cursor).order_by(table.id).limit(limit)


def require_new(session: Session, table: type[Row], key: str, of: int | None = None) -> None:
    """Raises Conflict if another row of the table than `of` has the key."""
    taken = session.scalar(select(table).where(table.key == key, table.id != (of or 0)))
    if taken is not None:
        raise Conflict("name_taken", f"“{taken.name}” is there already.", "Choose another name.")


def rename(session: Session, row: Row, name: str) -> None:
    """Raises BadInput, and Conflict if another row of its table is called so."""
    line, key = clean(name)
    require_new(session, type(row), key, of=row.id)
    row.name, row.key = line, key
    session.flush()
