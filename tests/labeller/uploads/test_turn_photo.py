"""Turning a photo: its pixels turn, its proposals are made anew, and what people said is never displaced."""

import io

import pytest
from PIL import Image
from sqlalchemy.orm import Session

from db import blob_hold
from db.models import DetectorPass, Event, Face, Person
from db.storage import blobs
from labeller.errors import BadPhoto, CannotTurn
from labeller.uploads import intake
from labeller.uploads.try_again import receive_again
from labeller.uploads.turn_photo import turn_photo
from tests.factories import draw_face
from tests.pictures import jpeg

BLUE, GREY = (20, 20, 220), (120, 120, 120)


def with_corner() -> bytes:
    """A photo of 120 × 80 pixels with a blue left upper corner."""
    photo = Image.new("RGB", (120, 80), GREY)
    photo.paste(BLUE, (0, 0, 30, 30))
    return jpeg(photo, quality=95, subsampling=0)


def corners(key: str) -> list[bool]:
    """Whether the left upper, right upper, right lower and left lower corner are blue."""
    picture = Image.open(io.BytesIO(blobs().get(key))).convert("RGB")
    w, h = picture.width - 10, picture.height - 10
    pixels = [picture.getpixel(at) for at in ((10, 10), (w, 10), (w, h), (10, h))]
    return [isinstance(pixel, tuple) and pixel[2] > 180 for pixel in pixels]


@pytest.mark.parametrize(
    ("degrees", "corner", "size"), [(90, 1, (80, 120)), (180, 2, (120, 80)), (270, 3, (80, 120))]
)
def test_a_photo_is_turned_clockwise_and_looked_at_anew(
    db: Session, ada: Person, degrees: int, corner: int, size: tuple[int, int]
) -> None:
    photo = intake.receive(db, with_corner(), ada, ada).photo
    photo.status, photo.turn, before = "ready", degrees, (photo.blob, photo.view_blob)
    db.add(Face(photo_id=photo.id, x=1, y=1, w=9, h=9, proposed_box=[1, 1, 9, 9], source="centerface"))
    db.add(DetectorPass(photo_id=photo.id, detector="centerface", boxes=[]))
    db.commit()
    turn_photo(db, photo, degrees, ada)
    db.commit()
    blob_hold.delete_doomed(db)
    assert (photo.width, photo.height, photo.turn, photo.turned, photo.status) == (
        *size,
        0,
        degrees,
        "queued",
    )
    for key in (photo.blob, photo.view_blob):
        assert [i for i, is_blue in enumerate(corners(key)) if is_blue] == [corner]
    assert (db.query(Face).count(), db.query(DetectorPass).count()) == (0, 0)
    assert not any(blobs().has(key) for key in before), "no picture is left behind"
    assert db.query(Event).filter_by(kind="photo_turned").count() == 1


def test_a_turn_that_is_not_committed_loses_no_picture(db: Session, ada: Person) -> None:
    photo = intake.receive(db, with_corner(), ada, ada).photo
    photo.status = "ready"
    db.commit()
    turn_photo(db, photo, 90, ada)
    db.rollback()  # as after a kill
    blob_hold.delete_doomed(db)
    db.refresh(photo)
    assert [i for i, is_blue in enumerate(corners(photo.view_blob)) if is_blue] == [0]
    assert blobs().has(photo.blob)


def test_a_picture_that_looks_the_same_when_turned_stays(db: Session, ada: Person) -> None:
    photo = intake.receive(db, jpeg(Image.new("RGB", (64, 64), GREY)), ada, ada).photo
    photo.status = "ready"
    db.commit()
    turn_photo(db, photo, 180, ada)
    db.commit()
    blob_hold.delete_doomed(db)
    assert all(blobs().has(key) for key in (photo.blob, photo.view_blob))


def test_a_turned_photo_stays_turned_when_its_damaged_picture_is_sent_again(db: Session, ada: Person) -> None:
    photo = intake.receive(db, with_corner(), ada, ada).photo
    photo.status = "ready"
    db.commit()
    turn_photo(db, photo, 90, ada)
    db.commit()
    blobs().delete(photo.view_blob)
    receive_again(db, photo, with_corner())
    db.commit()
    assert [i for i, is_blue in enumerate(corners(photo.view_blob)) if is_blue] == [1]


def test_what_people_said_is_not_displaced(db: Session, ada: Person) -> None:
    photo = intake.receive(db, with_corner(), ada, ada).photo
    with pytest.raises(CannotTurn):
        turn_photo(db, photo, 90, ada)  # it is being looked at
    photo.status = "ready"
    db.commit()
    for degrees in (0, 45, 360, -90):
        with pytest.raises(BadPhoto):
            turn_photo(db, photo, degrees, ada)
    draw_face(db, ada, photo, (10, 10, 20, 20))
    db.commit()
    with pytest.raises(CannotTurn, match="cannot be turned"):
        turn_photo(db, photo, 90, ada)
