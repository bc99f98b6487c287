"""Which photos an export holds, and the faces that are written of each.

A filter chooses photos. What is drawn on a chosen photo is all its faces: a picture on which only some faces
are marked would teach a detector that the others are none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from db.models import SHOWN, Face, Photo, Tag, Tagging
from labeller.datasets.sources import Selection, photo_ids
from labeller.formats.records import FaceRecord, State

PHOTOS_AT_ONCE = 200


@dataclass(frozen=True)
class SourcePhoto:
    """A photo to write: its row, its faces and their ids, in the same order, and the tags on itself.

    `disputed` are indices of faces about whose label people disagree.
    """

    photo: Photo
    faces: tuple[FaceRecord, ...]
    face_ids: tuple[int, ...]
    split: str
    looked_at: bool
    disputed: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()


class Source(Protocol):
    """Photos in the order of their ids; those being erased are in none."""

    def count(self, session: Session) -> int:
        """The number of photos, for the progress."""
        ...

    def photos(self, session: Session) -> Iterator[SourcePhoto]:
        """Reads piece by piece and ends its transactions: nothing that was read before stays loaded."""
        ...


@dataclass(frozen=True)
class Chosen:
    """The photos that a filter of the gallery chooses, as they and their faces are now."""

    selection: Selection

    def count(self, session: Session) -> int:
        chosen = photo_ids(session, self.selection).subquery()
        return session.scalar(select(func.count()).select_from(chosen)) or 0

    def photos(self, session: Session) -> Iterator[SourcePhoto]:
        after = 0
        while rows := _load(session, photo_ids(session, self.selection).where(Photo.id > after)):
            found = tags_of(session, [photo.id for photo in rows])
            after = rows[-1].id
            session.expunge_all()
            session.rollback()  # whoever writes slowly holds no connection
            yield from (_as_it_is(photo, found.get(photo.id, {})) for photo in rows)


def _load(session: Session, ids: Select[int]) -> Sequence[Photo]:
    some = session.scalars(ids.order_by(Photo.id).limit(PHOTOS_AT_ONCE)).all()
    query = select(Photo).where(Photo.id.in_(some), SHOWN).order_by(Photo.id)
    query = query.options(selectinload(Photo.faces), joinedload(Photo.group))
    return session.scalars(query.execution_options(populate_existing=True)).all()


def tags_of(session: Session, photo_ids: Sequence[int]) -> dict[int, dict[int, tuple[str, ...]]]:
    """By photo, the names of the tags on it, under 0, and on each of its faces, under the face's id."""
    query = select(Tagging.photo_id, Tagging.part, Tag.name).join(Tag, Tag.id == Tagging.tag_id)
    found: dict[int, dict[int, tuple[str, ...]]] = {}
    for photo, part, name in session.execute(query.where(Tagging.photo_id.in_(photo_ids)).order_by(Tag.name)):
        parts = found.setdefault(photo, {})
        parts[part] = (*parts.get(part, ()), name)
    return found


def _as_it_is(photo: Photo, tags: Mapping[int, tuple[str, ...]]) -> SourcePhoto:
    faces = [face for face in photo.faces if face.offered]
    decided = any(face.state != "proposed" or face.source == "human" for face in faces)
    return SourcePhoto(
        photo,
        tuple(face_record(face, tags.get(face.id, ())) for face in faces),
        tuple(face.id for face in faces),
        photo.group.split,
        photo.completed_at is not None or decided,
        tuple(index for index, face in enumerate(faces) if face.disputed),
        tags.get(0, ()),
    )


def as_state(state: str, source: str) -> State:
    """A box that a person drew is a face, also while nobody has labelled it."""
    return cast(State, "confirmed" if state == "proposed" and source == "human" else state)


def face_record(face: Face, tags: tuple[str, ...]) -> FaceRecord:
    """The face as it is now."""
    state = as_state(face.state, face.source)
    return FaceRecord(
        box=face.box,
        label=face.label if state == "confirmed" else None,
        state=state,
        confidence=face.confidence,
        source=face.source,
        tags=tags,
    )
