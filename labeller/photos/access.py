"""Photos and faces by id, for those who may see them."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, contains_eager

from db.models import SHOWN, Face, Person, Photo
from labeller.errors import NotFound

_SHOWN_FACE = select(Face).join(Face.photo).where(Face.id == bindparam("face_id"), SHOWN)
_SHOWN_FACE = _SHOWN_FACE.options(contains_eager(Face.photo)).execution_options(populate_existing=True)


def get_photo(session: Session, photo_id: int) -> Photo:
    """The photo. Raises NotFound, also for one that is being deleted."""
    photo = session.get(Photo, photo_id, populate_existing=True)
    if photo is None or photo.status == "erasing":
        raise NotFound("no_such_photo", "There is no such photo.", "It may have been deleted.")
    return photo


def visible_photo(session: Session, photo_id: int, viewer: Person) -> Photo:
    """The photo, if the viewer may see it. Raises NotFound, for a friend also if the photo is another's."""
    photo = get_photo(session, photo_id)
    if viewer.role == "friend" and photo.person_id != viewer.id:
        raise NotFound("no_such_photo", "There is no such photo.", "It may have been deleted.")
    return photo


def shown_face(session: Session, face_id: int) -> Face:
    """The face with its photo, for the team. Raises NotFound, also while its photo is being deleted."""
    face = session.scalar(_SHOWN_FACE, {"face_id": face_id})
    if face is None:
        raise NotFound("no_such_face", "There is no such face.", "Its photo may have been deleted.")
    return face
