"""Names of tags, saved filters and versions: on one line, and no two that look the same."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.classes import comparable
from db.errors import BadInput, Conflict
from db.texts import one_line

LONGEST = 80
"""Characters."""


def clean(name: str) -> tuple[str, str]:
    """The name without spaces around it, and its key: equal keys look the same. Raises BadInput."""
    line = one_line(name, len(name))
    if not line or not comparable(line).strip():
        raise BadInput("no_name", "A name is missing.", "Type one.")
    if len(line) > LONGEST:
        raise BadInput("long_name", f"A name has at most {LONGEST} characters.", "Type a shorter one.")
    return line, comparable(line)


def find(session: Session, table: Any, reference: int | str) -> Any:
    """The row that is called so, or else that has this id; None if there is none. A number is only an id."""
    text = str(reference).strip()
    if not isinstance(reference, int):
        row = session.scalar(select(table).where(table.key == comparable(text)))
        if row is not None:
            return row
    is_id = text.isascii() and text.isdigit() and len(text) < 10
    return session.get(table, int(text)) if is_id else None


def require_new(session: Session, table: Any, key: str, of: int | None = None) -> None:
    """Raises Conflict if another row of the table than `of` has the key."""
    taken = session.scalar(select(table).where(table.key == key, table.id != (of or 0)))
    if taken is not None:
        raise Conflict("name_taken", f"“{taken.name}” is there already.", "Choose another name.")
