"""Sending photos: what is kept, what is refused, and in which words."""

import io
import os
import socket
from pathlib import Path

import pytest
from PIL import Image, ImageCms
from sqlalchemy.orm import Session

from db.models import Photo
from db.settings import settings
from db.storage import blobs
from labeller.erasure.finish import erase_photo
from labeller.erasure.mark import mark_photos
from labeller.errors import BadPhoto, PhotoTooLarge
from labeller.people import people
from labeller.photos.decode import RESPONSE, decode
from labeller.photos.limits import check_size
from labeller.uploads import intake
from tests.hostile_files import REFUSED_FILES, encode, png
from tests.pictures import jpeg, portrait

GPS_SECRET = b"48.8583N-2.2944E"


@pytest.mark.parametrize("name", REFUSED_FILES)
def test_what_is_no_photo_is_refused_in_plain_words(db: Session, name: str) -> None:
    content, words = REFUSED_FILES[name]
    with pytest.raises(BadPhoto, match=words) as refused:
        intake.receive(db, content, uploaded_by=None)
    assert refused.value.hint


@pytest.mark.slow
def test_a_bomb_of_169_megapixels_is_refused_before_it_unfolds(data: Path) -> None:
    bomb = png(13_000, 13_000)
    assert len(bomb) < 1_000_000
    with pytest.raises(PhotoTooLarge, match="too many pixels"):
        decode(bomb, 50)


def test_a_decoder_that_is_killed_while_it_answers_leaves_no_half_a_photo(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half_an_answer(descriptor: int) -> None:
        theirs = socket.socket(fileno=os.dup(descriptor))
        theirs.sendall(RESPONSE.pack(20_000, 2) + b"{}" + bytes(5_000))
        theirs.shutdown(socket.SHUT_WR)

    monkeypatch.setattr("labeller.photos.decode._forker.hand_over", half_an_answer)
    with pytest.raises(BadPhoto, match="could not be opened safely"):
        decode(jpeg(portrait(1, False)), 50)


def test_a_file_over_the_limit_is_refused_unread(data: Path) -> None:
    with pytest.raises(PhotoTooLarge, match="too large"):
        check_size(bytes(60 << 20))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_every_accepted_format_arrives(kind: str) -> None:
    decoded = decode(encode(portrait(2, True), kind), 50)
    assert (decoded.width, decoded.height) == (480, 360)
    kept = Image.open(io.BytesIO(decoded.photo))
    assert (kept.format, kept.mode) == (kind if kind in ("PNG", "WEBP") else "JPEG", "RGB")


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_odd_colour_modes_become_plain_rgb(mode: str) -> None:
    grey = portrait(3, False).convert("L")
    picture = grey.convert("I").point(lambda value: value * 257).convert("I;16") if mode == "I;16" else None
    picture = picture or portrait(3, False).convert(mode)
    decoded = decode(encode(picture, "TIFF" if mode == "TIFF" else "JPEG" if mode == "CMYK" else "PNG"), 50)
    kept = Image.open(io.BytesIO(decoded.photo)).convert("L")
    # Brightness survives: a 16-bit picture that is clipped instead of scaled would be white.
    assert (
        abs(sum(kept.resize((1, 1)).getpixel((0, 0)) for _ in "x") - grey.resize((1, 1)).getpixel((0, 0)))
        < 12
    )


def test_orientation_is_applied_and_metadata_is_gone() -> None:
    sideways = Image.new("RGB", (400, 200), "white")
    sideways.paste("black", (0, 0, 40, 200))  # a stripe on the left edge
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it rotated clockwise
    exif[0x010E] = GPS_SECRET.decode()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    sent = jpeg(sideways, exif=exif, comment=GPS_SECRET, icc_profile=profile)
    assert GPS_SECRET in sent
    decoded = decode(sent, 50)
    assert (decoded.width, decoded.height) == (200, 400)
    kept = Image.open(io.BytesIO(decoded.photo))
    assert kept.getpixel((100, 10))[0] < 40  # the stripe is on top now
    assert kept.getpixel((100, 390))[0] > 215
    for part in (decoded.photo, decoded.view):
        assert GPS_SECRET not in part
        assert not Image.open(io.BytesIO(part)).getexif()


def test_the_same_bytes_are_the_same_photo(db: Session) -> None:
    sent = jpeg(portrait(4, False))
    first = intake.receive(db, sent, uploaded_by=None)
    db.commit()
    again = intake.receive(db, sent, uploaded_by=None)
    assert first.created
    assert not again.created
    assert again.photo.id == first.photo.id
    assert first.photo.status == "queued"


def test_a_refused_photo_leaves_nothing_behind(db: Session, data: Path) -> None:
    with pytest.raises(BadPhoto):
        intake.receive(db, b"nothing like a photo", uploaded_by=None)
    assert db.query(Photo).count() == 0
    assert not list((data / "blobs").rglob("*"))


def test_photos_of_one_person_stay_on_one_side(db: Session) -> None:
    ada = people.new_person(db, "Ada", "friend")
    mine = [intake.receive(db, jpeg(portrait(seed, False)), None, ada).photo for seed in range(10, 14)]
    others = [intake.receive(db, jpeg(portrait(seed, False)), None).photo for seed in range(20, 24)]
    assert len({photo.group_id for photo in mine}) == 1
    assert len({photo.group_id for photo in [*mine, *others]}) == 5


def test_near_repeats_join_their_groups_and_what_was_trained_on_is_never_locked(db: Session) -> None:
    picture = portrait(30, True)
    first = intake.receive(db, jpeg(picture), None).photo
    ada = people.new_person(db, "Ada", "friend")
    hers = intake.receive(db, jpeg(portrait(31, True)), None, ada).photo
    hers.group.split, first.group.split = "locked", "train"
    mirrored = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize((300, 225))
    third = intake.receive(db, jpeg(mirrored, quality=60), None, ada).photo
    db.flush()
    db.expire_all()
    assert first.group_id == hers.group_id == third.group_id
    assert first.group.split == "train"


def test_erasing_takes_blobs_along_unless_another_photo_has_the_same(db: Session) -> None:
    owner = people.owner(db)
    picture = portrait(40, False)
    one = intake.receive(db, encode(picture, "PNG"), owner).photo
    twin = intake.receive(db, encode(picture, "PNG", compress_level=1), owner).photo
    assert one.id != twin.id
    assert one.blob == twin.blob
    db.commit()
    mark_photos(db, Photo.id == one.id, owner)
    erase_photo(db, one)
    assert blobs().has(twin.blob)
    mark_photos(db, Photo.id == twin.id, owner)
    erase_photo(db, twin)
    assert not blobs().has(twin.blob)


def test_the_limits_are_settings(data: Path) -> None:
    assert settings().max_upload_mb == 40
    with pytest.raises(PhotoTooLarge):
        decode(jpeg(Image.new("RGB", (1200, 1000))), max_megapixels=1)
