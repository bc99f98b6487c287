"""What an archive reads of the database: of some photos, and who takes part."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db.models import Face, Person
from labeller.archive.layout import PHOTO


def rows_of_photos(model: Any, photo_ids: Sequence[int], then: str) -> Select[Any]:
    """The rows of a table that name these photos, by photo and the column `then`."""
    table = model.__table__
    return select(table).where(table.c.photo_id.in_(photo_ids)).order_by(table.c.photo_id, table.c[then])


def rows_of_faces(model: Any, photo_ids: Sequence[int]) -> Select[Any]:
    """The rows of a table that name faces of these photos, by id, with the photo of each."""
    query = select(model.__table__, Face.photo_id.label(PHOTO)).join(Face, Face.id == model.face_id)
    return query.where(Face.photo_id.in_(photo_ids)).order_by(model.id)


def standing_people(session: Session) -> dict[int, int | None]:
    """By id, the person or whom they were merged into; None for those who are being deleted."""
    rows = {
        row.id: row for row in session.execute(select(Person.id, Person.merged_into_id, Person.erasing_at))
    }
    found = dict[int, int | None]()
    for id, row in rows.items():
        while row.merged_into_id is not None:
            row = rows[row.merged_into_id]
        found[id] = None if row.erasing_at else row.id
    return found
