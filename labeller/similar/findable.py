"""Which faces may be found: those that pages show, and of them those that a filter lets through."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from db.face_rows import BATCH_ROWS
from db.models import READY, Face, Photo


@dataclass(frozen=True)
class SimilarFilter:
    """Which faces to find; None does not filter. `state` is proposed or confirmed."""

    state: str | None = None
    label: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """For a message to the worker."""
        return asdict(self)


@lru_cache(maxsize=32)  # whoever asks chooses the label
def _findable(chosen: SimilarFilter) -> Select[int, int]:
    """Ids and versions of the boxes of those of the faces `ids` that may be found: none rejected, hidden or
    being erased."""
    query = select(Face.id, Face.box_version).join(Photo, Photo.id == Face.photo_id).where(READY)
    query = query.where(Face.state != "rejected", or_(Face.state != "proposed", Face.hidden.is_(False)))
    for column, value in ((Face.state, chosen.state), (Face.label, chosen.label)):
        if value is not None:
            query = query.where(column == value)
    return query.where(Face.id.in_(bindparam("ids", expanding=True)))


def versions_of(session: Session, face_ids: Sequence[int], chosen: SimilarFilter) -> dict[int, int]:
    """The version of its box for each of the faces that may be found now."""
    found: dict[int, int] = {}
    for start in range(0, len(face_ids), BATCH_ROWS):
        some = {"ids": face_ids[start : start + BATCH_ROWS]}
        found |= dict(session.execute(_findable(chosen), some).tuples().all())
    return found
