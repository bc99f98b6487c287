"""A photo that failed is looked at again, and damaged pictures are restored by sending the file again."""

import pytest
from sqlalchemy.orm import Session

from db.models import Photo
from db.storage import blobs
from labeller.detection import proposals
from labeller.errors import NotFailed
from labeller.uploads import intake
from labeller.uploads.try_again import look_again
from tests.pictures import jpeg, portrait


def damage(photo: Photo) -> None:
    """Empty both of the photo's files."""
    for key in (photo.blob, photo.view_blob):
        blobs().delete(key)


def failed_photo(db: Session) -> tuple[Photo, bytes]:
    """A photo whose pictures are gone when the detector looks at it, and its file."""
    content = jpeg(portrait(3, False))
    photo = intake.receive(db, content, None).photo
    db.commit()
    damage(photo)
    proposals.propose_faces(db, photo.id, photo.attempt, "test")
    db.refresh(photo)
    assert photo.status == "failed"
    return photo, content


def test_the_same_bytes_again_restore_the_pictures_and_queue_the_photo(db: Session) -> None:
    photo, content = failed_photo(db)
    received = intake.receive(db, content, None)
    db.commit()
    assert (received.photo.id, received.created) == (photo.id, False)
    assert (photo.status, photo.error) == ("queued", None)
    assert all(blobs().has(key) for key in (photo.blob, photo.view_blob))


def test_a_failed_photo_is_queued_again_and_a_good_one_is_not(db: Session) -> None:
    photo, _ = failed_photo(db)
    look_again(db, photo)
    db.commit()
    assert photo.status == "queued"
    with pytest.raises(NotFailed):
        look_again(db, photo)


def test_a_damaged_picture_of_a_good_photo_is_restored(db: Session) -> None:
    content = jpeg(portrait(4, True))
    photo = intake.receive(db, content, None).photo
    photo.status = "ready"
    db.commit()
    damage(photo)
    assert not intake.receive(db, content, None).created
    assert blobs().has(photo.blob)
    assert photo.status == "ready"
