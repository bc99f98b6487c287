"""Real MTCNN on real pixels."""

from pathlib import Path
from typing import Any

import numpy as np
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


def test_the_face_is_found_with_or_without_a_mask() -> None:
    from labeller.detection.mtcnn import detect

    for seed in range(6):
        best = detect(np.asarray(portrait(seed, seed % 2 == 1)))[0]
        assert best.confidence > 0.8
        x, y, w, h = best.box
        assert 50 < w < 160
        eye_x, eye_y = best.keypoints["left_eye"]
        assert x < eye_x < x + w
        assert y < eye_y < y + h


def test_a_tight_crop_is_found_by_the_second_look() -> None:
    from labeller.detection.mtcnn import detect

    photo = portrait(0, masked=False)
    x, y, w, h = detect(np.asarray(photo))[0].box
    tight = np.asarray(photo.crop((round(x), round(y), round(x + w), round(y + h))))
    best = detect(tight)[0]
    assert best.confidence > 0.5
    assert best.box[2] > 0.6 * tight.shape[1]


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (1, 600), (640, 480)])
def test_a_picture_without_a_face_has_no_proposals(size: tuple[int, int]) -> None:
    from labeller.detection.mtcnn import detect

    assert [one for one in detect(np.full((*size, 3), 128, np.uint8)) if one.confidence > 0.5] == []


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
    from labeller.detection import mtcnn, proposals, rendition

    photo = intake.receive(db, jpeg(portrait(3, False)), None).photo
    db.commit()

    def looked_at(pixels: Any) -> Any:
        with session_scope() as other:
            mark_photos(other, Photo.id == photo.id, None)
            other.commit()
            finish_pending(other)
        return mtcnn.detect(pixels)

    monkeypatch.setattr(rendition, "detect", looked_at)
    proposals.propose_faces(db, photo.id, 0, "test")
    assert (db.query(Photo).count(), db.query(Face).count()) == (0, 0)


def test_what_is_pick_single_face() -> None:
    from labeller.detection.mtcnn import Detection
    from labeller.detection.single_face import pick_single_face

    def found(confidence: float, side: float) -> Detection:
        return Detection((0, 0, side, side), confidence, {})

    assert pick_single_face([]) is None
    assert pick_single_face([found(0.5, 50)]) == 0
    assert pick_single_face([found(0.99, 50), found(0.4, 80)]) == 0, "one likely face among doubtful ones"
    assert pick_single_face([found(0.99, 50), found(0.98, 60)]) is None
    assert pick_single_face([found(0.99, 20), found(0.98, 60)]) == 1, "nine times the area"
    assert pick_single_face([found(0.95, 20), found(0.6, 60)]) == 1, "a badge and a masked face"
    assert pick_single_face([found(0.6, 50), found(0.55, 50)]) is None
