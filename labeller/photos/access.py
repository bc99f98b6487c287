"""A photo by its id, for those who may see it."""

from sqlalchemy.orm import Session

from db.models import Person, Photo
from labeller.errors import NotFound


def get_photo(session: Session, photo_id: int) -> Photo:
    """The photo, or NotFound."""
    photo = session.get(Photo, photo_id, populate_existing=True)
    if photo is None or photo.status == "erasing":
        raise NotFound("no_such_photo", "There is no such photo.", "It may have been deleted.")
    return photo


def visible_photo(session: Session, photo_id: int, viewer: Person) -> Photo:
    """The photo, or NotFound; to a friend, another's photo does not exist."""
    photo = get_photo(session, photo_id)
    if viewer.role == "friend" and photo.person_id != viewer.id:
        raise NotFound("no_such_photo", "There is no such photo.", "It may have been deleted.")
    return photo
