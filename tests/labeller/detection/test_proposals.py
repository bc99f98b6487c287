"""From a stored photo to its proposed faces, with the real detector."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from db.models import Answer, Face, Photo
from db.session import session_scope
from labeller.erasure.finish import finish_pending
from labeller.erasure.mark import mark_photos
from labeller.people import people
from labeller.uploads import intake
from tests.pictures import jpeg, portrait

pytestmark = pytest.mark.slow


def test_boxes_are_in_pixels_of_the_whole_photo_and_the_folder_labels_the_obvious_face(db: Session) -> None:
    from labeller.detection.proposals import propose_faces

    small = portrait(2, masked=True)
    large = small.resize((small.width * 5, small.height * 5), Image.Resampling.BICUBIC)
    owner = people.owner(db)
    photo = intake.receive(db, jpeg(large), owner, folder_label="mask").photo
    db.commit()
    propose_faces(db, photo.id, 0, "test")
    propose_faces(db, photo.id, 0, "test")  # the same message again: nothing happens
    db.expire_all()
    (labelled,) = [face for face in photo.faces if face.state == "confirmed"]
    assert photo.status == "ready"
    assert 250 < labelled.w < 800
    assert labelled.label == "mask"
    assert db.query(Answer).count() == 1
    assert db.query(Face).count() == len(photo.faces)


def test_a_photo_whose_picture_is_gone_fails_with_words(db: Session, data: Path) -> None:
    from db.storage import blobs
    from labeller.detection.proposals import propose_faces

    photo = intake.receive(db, jpeg(portrait(3, False)), None).photo
    db.commit()
    blobs().delete(photo.view_blob)
    propose_faces(db, photo.id, 0, "test")
    db.expire_all()
    assert photo.status == "failed"
    assert "cannot be read" in str(photo.error)


def test_a_photo_that_is_erased_while_it_is_looked_at_ends_quietly(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    from labeller.detection import detectors, proposals

    photo = intake.receive(db, jpeg(portrait(3, False)), None).photo
    db.commit()
    detector = detectors.load("centerface")

    def looked_at(*arguments: Any) -> Any:
        with session_scope() as other:
            mark_photos(other, Photo.id == photo.id, None)
            other.commit()
            finish_pending(other)
        return type(detector).detect(detector, *arguments)

    monkeypatch.setattr(detector, "detect", looked_at)
    proposals.propose_faces(db, photo.id, 0, "test")
    assert (db.query(Photo).count(), db.query(Face).count()) == (0, 0)
