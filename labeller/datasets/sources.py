"""What is chosen for an export, a review batch or a version: faces, and the photos they are in."""

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from db.models import Face, Photo
from labeller.reports import gallery

VIEWS = ("faces", "photos")
OFFERED: ColumnElement[bool] = or_(Face.state != "proposed", Face.hidden.is_(False))
"""Boxes that pages show; `Face.offered` says the same of one face."""


@dataclass(frozen=True)
class Selection:
    """A filter, and whether it chooses faces or photos with all their boxes.

    `whole_photos`: of chosen faces, the other boxes of their photos, too. A detector that learns from a photo
    with half of its boxes learns that the others are no faces.
    """

    view: str = "photos"
    filter: gallery.Filter = field(default_factory=gallery.Filter)
    whole_photos: bool = False

    @property
    def chooses_photos(self) -> bool:
        return self.view == "photos" or self.whole_photos


EVERYTHING = Selection()


def with_tag(tag_id: int, *, whole_photos: bool = False) -> Selection:
    """The faces that have the tag, and all of the photos that have it."""
    return Selection("faces", gallery.Filter(tag=tag_id), whole_photos)


def photo_ids(session: Session, selection: Selection) -> Select[int]:
    """A query for the ids of the chosen photos. Raises BadAnswer for an unknown state or look."""
    if selection.view == "photos":
        return gallery.matching_photos(selection.filter).with_only_columns(Photo.id)
    return gallery.photo_ids(session, selection.filter)


def face_ids(session: Session, selection: Selection) -> Select[int]:
    """A query for the ids of the chosen faces. Raises BadAnswer for an unknown state or look."""
    if selection.chooses_photos:
        chosen = photo_ids(session, selection)
        return select(Face.id).where(Face.photo_id.in_(chosen), OFFERED)
    found = gallery.matching_faces(session, selection.filter)
    return found.where(OFFERED).with_only_columns(Face.id)


def newest_faces(session: Session, selection: Selection, limit: int) -> list[int]:
    """The ids of the newest chosen faces."""
    return list(session.scalars(face_ids(session, selection).order_by(Face.id.desc()).limit(limit)))
