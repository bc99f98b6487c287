"""Who may see a photo."""

import pytest
from sqlalchemy.orm import Session

from db.models import Person, Photo
from labeller.errors import NotFound
from labeller.people import people
from labeller.photos.access import get_photo, visible_photo
from tests.factories import add_faces


@pytest.fixture
def photo(db: Session) -> Photo:
    (face,) = add_faces(db, 1)
    photo = db.get_one(Photo, face.photo_id)
    photo.person = people.new_person(db, "Cleo", "friend")
    db.commit()
    return photo


def test_a_friend_sees_their_own_and_labellers_see_all(db: Session, ada: Person, photo: Photo) -> None:
    assert visible_photo(db, photo.id, ada) is photo
    assert photo.person is not None
    assert visible_photo(db, photo.id, photo.person) is photo


def test_anothers_photo_looks_like_one_that_does_not_exist(db: Session, photo: Photo) -> None:
    other = people.new_person(db, "Dora", "friend")
    with pytest.raises(NotFound) as hidden:
        visible_photo(db, photo.id, other)
    with pytest.raises(NotFound) as missing:
        get_photo(db, photo.id + 1)
    assert vars(hidden.value) == vars(missing.value)
    assert hidden.value.args == missing.value.args


def test_a_photo_that_is_being_deleted_does_not_exist(db: Session, ada: Person, photo: Photo) -> None:
    photo.status = "erasing"
    db.commit()
    with pytest.raises(NotFound):
        visible_photo(db, photo.id, ada)
