"""Nothing of a photo but its pixels is ever on the disk once it has arrived, whatever it was sent as."""

import hashlib
import io
from pathlib import Path

import pytest
from PIL import Image, TiffImagePlugin
from sqlalchemy.orm import Session

from db.session import empty_write_ahead_log
from labeller.people import people
from labeller.uploads import chunked, intake
from labeller.uploads.chunked import Part
from tests.data_folder import read_all_files
from tests.hostile_files import chunk, encode
from tests.pictures import jpeg, portrait

PLACE, NOTE, COMMENT = (
    b"48.858370N,2.294481E/secret-place",
    b"MAKER\x00NOTE\x01of-one-camera",
    b"a comment to find",
)
VIDEO = b"\x00\x00\x00\x18ftypmp42-motion-photo-video-bytes" * 20


def thumbnail() -> bytes:
    return jpeg(portrait(99, False).resize((160, 120)), quality=70)


def exif() -> bytes:
    """EXIF with a place, maker notes, a time, and a thumbnail."""
    made = Image.Exif()
    made[0x010F], made[0x0132] = "Camera of Ada", "2026:08:02 12:34:56"
    made.get_ifd(0x8769).update({0x927C: NOTE, 0x9003: "2026:08:02 12:34:56", 0x9286: PLACE})
    degrees = tuple(TiffImagePlugin.IFDRational(n, d) for n, d in ((48, 1), (51, 1), (301_337, 10_007)))
    made.get_ifd(0x8825).update({1: "N", 2: degrees, 3: "E", 4: degrees})
    return made.tobytes() + thumbnail()  # where cameras put it; its offsets do not matter here


def xmp() -> bytes:
    return b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + PLACE + b"</x:xmpmeta>"


def sent_as(kind: str) -> bytes:
    picture = portrait(1, True)
    if kind == "turned JPEG":
        turned = Image.Exif()
        turned[0x0112], turned[0x010E] = 6, PLACE.decode()
        return jpeg(picture, exif=turned, comment=COMMENT)
    if kind == "JPEG":
        return jpeg(picture, exif=exif(), comment=COMMENT, xmp=xmp()) + VIDEO
    if kind == "PNG":
        made = encode(picture, "PNG", exif=exif())
        extra = chunk(b"tEXt", b"Comment\0" + COMMENT) + chunk(b"iTXt", b"XML\0\0\0\0\0" + PLACE)
        return made[:33] + extra + made[33:] + VIDEO
    return encode(picture, kind, exif=exif(), **({} if kind == "HEIF" else {"xmp": xmp()}))


SECRETS = {
    "place": PLACE,
    "maker note": NOTE,
    "camera": b"Camera of Ada",
    "time": b"2026:08:02 12:34:56",
    "comment": COMMENT,
    "degrees": (301_337).to_bytes(4, "big") + (10_007).to_bytes(4, "big"),
    "degrees, little-endian": (301_337).to_bytes(4, "little") + (10_007).to_bytes(4, "little"),
    "thumbnail": thumbnail()[-400:-300],
    "video": VIDEO[:40],
    "EXIF header": b"Exif\0\0",
}


@pytest.mark.parametrize("in_parts", [False, True], ids=["whole", "in parts"])
@pytest.mark.parametrize("kind", ["JPEG", "turned JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
def test_none_of_the_metadata_is_left_anywhere_in_the_data_folder(
    db: Session, data: Path, kind: str, in_parts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = sent_as(kind)
    present = {name for name, secret in SECRETS.items() if secret in content}
    assert "place" in present, "the file that is sent does hold it"
    ada = people.new_person(db, "Ada", "friend")
    if in_parts:
        monkeypatch.setattr(chunked, "PART_BYTES", 10_000)
        digest = hashlib.sha256(content).hexdigest()
        parts = [content[start : start + 10_000] for start in range(0, len(content), 10_000)]
        for number in reversed(range(len(parts))):
            received = chunked.take_part(db, ada, ada, Part(digest, number, len(parts), parts[number]))
        chunked.delete_parts(ada, digest)
    else:
        received = intake.receive(db, content, ada, ada)
    db.commit()
    empty_write_ahead_log(db)
    assert received is not None
    assert received.created
    files = read_all_files(data)
    assert any(name.startswith("blobs/") for name in files)
    for name, secret in SECRETS.items():
        assert [file for file, kept in files.items() if secret in kept] == [], name
    kept = Image.open(io.BytesIO(files[f"blobs/{received.photo.blob[:2]}/{received.photo.blob}"]))
    assert not kept.getexif()
    assert {"exif", "xmp", "comment", "icc_profile"}.isdisjoint(kept.info)
