"""Tags on photos and faces: words that people choose, to find, send and export what has them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, CursorResult, Select, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from db import audit, counters
from db.base import now
from db.errors import BadInput, Conflict
from db.models import SHOWN, Face, Person, Photo, SavedFilter, Tag, Tagging
from db.session import insert_missing
from labeller.datasets import names

MOST = 1000
"""Photos and faces tagged at once."""
LISTED = 1000
"""Tags in one list to choose from, at most."""


@dataclass(frozen=True)
class Targets:
    """Photos and faces by their ids."""

    photos: Sequence[int] = ()
    faces: Sequence[int] = ()


@dataclass(frozen=True)
class TagCounts:
    """A tag, and on how many photos and faces it is."""

    tag: Tag
    photos: int
    faces: int


def all_tags(session: Session) -> list[TagCounts]:
    """The tags by name, at most LISTED."""
    return _counted(session, select(Tag).order_by(func.lower(Tag.name), Tag.id).limit(LISTED))


def tags_after(session: Session, cursor: int, limit: int) -> list[TagCounts]:
    """Tags by id, those above `cursor`."""
    return _counted(session, names.after(Tag, cursor, limit))


def _counted(session: Session, query: Select[Tag]) -> list[TagCounts]:
    counts = counters.totals(session, "tagged")
    tags = session.scalars(query)
    return [
        TagCounts(tag, *(counts.get(f"{tag.id}:{kind}", 0) for kind in ("photo", "face"))) for tag in tags
    ]


def get_tag(session: Session, tag_id: int) -> Tag:
    """The tag. Raises NotFound."""
    return names.get(session, Tag, tag_id)


def named(session: Session, reference: int | str) -> Tag:
    """The tag that is called so, or of this id. Raises NotFound."""
    return names.named(session, Tag, reference)


def find_or_add(session: Session, name: str) -> Tag:
    """The tag that is called so; a new one if there is none. Raises BadInput."""
    line, key = names.clean(name)
    insert_missing(session, Tag, [{"name": line, "key": key, "created_at": now()}])
    return session.scalars(select(Tag).where(Tag.key == key)).one()


def delete_tag(session: Session, tag: Tag, by: Person) -> None:
    """Take the tag off everything and delete it. Raises Conflict while a saved filter uses it."""
    user = session.scalar(select(SavedFilter.name).where(SavedFilter.tag_id == tag.id).limit(1))
    if user is not None:
        hint = "Delete that filter first."
        raise Conflict("tag_in_use", f"The saved filter “{user}” uses the tag “{tag.name}”.", hint)
    audit.note(session, "tag_deleted", by, tag=tag.id)
    session.delete(tag)
    session.flush()


def put_on(session: Session, tag: Tag, on: Targets) -> int:
    """Put the tag on photos and faces; returns on how many it was not yet. Raises BadInput for too many.

    What is gone is left out.
    """
    _require_few(on)
    before = _count(session, tag, on)
    faces = select(Face.id, Face.photo_id).join(Face.photo).where(Face.id.in_(on.faces), SHOWN)
    rows = [_row(tag, photo, face) for face, photo in session.execute(faces).tuples()]
    photos = select(Photo.id).where(Photo.id.in_(on.photos), SHOWN)
    rows += [_row(tag, photo, None) for photo in session.scalars(photos)]
    insert_missing(session, Tagging, rows)
    return _count(session, tag, on) - before


def take_off(session: Session, tag: Tag, off: Targets) -> int:
    """Take the tag off photos and faces; returns off how many. Raises BadInput for too many."""
    _require_few(off)
    gone = session.execute(
        delete(Tagging).where(*_of(tag, off)), execution_options={"synchronize_session": False}
    )
    assert isinstance(gone, CursorResult)
    return gone.rowcount


def on_photo(session: Session, photo_id: int) -> dict[int, list[Tag]]:
    """The tags of a photo, by 0 for itself and by the ids of its faces."""
    query = select(Tagging.part, Tag).join(Tag, Tag.id == Tagging.tag_id)
    found: dict[int, list[Tag]] = {}
    for part, tag in session.execute(query.where(Tagging.photo_id == photo_id).order_by(Tag.name)).tuples():
        found.setdefault(part, []).append(tag)
    return found


def on_faces(session: Session, face_ids: Sequence[int]) -> dict[int, list[str]]:
    """The names of the tags of each face that has one, not those of its photo."""
    query = select(Tagging.part, Tag.name).join(Tag, Tag.id == Tagging.tag_id).order_by(Tag.name)
    found: dict[int, list[str]] = {}
    for face_id, name in session.execute(query.where(Tagging.face_id.in_(face_ids))).tuples():
        found.setdefault(face_id, []).append(name)
    return found


def _require_few(targets: Targets) -> None:
    if len(targets.photos) + len(targets.faces) > MOST:
        raise BadInput("too_many", f"At most {MOST} are tagged at once.", "Send them in parts.")


def _row(tag: Tag, photo_id: int, face_id: int | None) -> dict[str, int | None]:
    return {"tag_id": tag.id, "photo_id": photo_id, "part": face_id or 0, "face_id": face_id}


def _of(tag: Tag, targets: Targets) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """What is tagged of the targets."""
    photos = and_(Tagging.photo_id.in_(targets.photos), Tagging.part == 0)
    return Tagging.tag_id == tag.id, or_(photos, Tagging.face_id.in_(targets.faces))


def _count(session: Session, tag: Tag, targets: Targets) -> int:
    return session.scalar(select(func.count()).select_from(Tagging).where(*_of(tag, targets))) or 0
