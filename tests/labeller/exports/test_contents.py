"""What an export holds of photos, faces, people and splits."""

import io
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from sqlalchemy.orm import Session

from db.base import now
from db.models import Face, Person, Photo
from db.storage import blobs
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.erasure.mark import mark_photos
from labeller.errors import BadAnswer, BadDataset, BadExport
from labeller.exports import known_formats, source_choice
from labeller.exports.contents import CannotCut, Contents, Order
from labeller.exports.file_names import FileNames
from labeller.exports.report import Report
from labeller.exports.zip_file import zipped
from labeller.formats.records import Box
from labeller.people import people
from tests.factories import add_faces, draw_face
from tests.tiny_format import TINY, records


def add_photo(db: Session, path: str | None = None, faces: int = 1, split: str = "train") -> Photo:
    """A photo with a picture of its own; commits."""
    photo = add_faces(db, faces, split)[0].photo if faces else add_faces(db, 1, split)[0].photo
    if not faces:
        db.delete(photo.faces[0])
        db.flush()
        db.expire(photo)
    photo.blob, photo.import_path = blobs().put(f"picture {photo.id}".encode()), path
    db.commit()
    return photo


def export(db: Session, tmp_path: Path, **choice: object) -> tuple[ZipFile, Report]:
    """The export as an open zip file, and its report; `order` are fields of the order."""
    order = choice.pop("order", {})
    assert isinstance(order, dict)
    (tmp_path / "scratch").mkdir(exist_ok=True)
    for left in (tmp_path / "scratch").iterdir():
        left.unlink()
    source = source_choice.read(db, {"filter": choice} if choice else {})
    contents = Contents(db, Order(TINY, source, **order), tmp_path / "scratch")
    file = ZipFile(io.BytesIO(b"".join(zipped(contents.entries(lambda share: None)))))
    return file, contents.report


def only(file: ZipFile) -> dict[str, object]:
    (record,) = records(file.read("records.json")).values()
    return record


def test_every_photo_is_there_with_its_bytes_and_all_its_faces(db: Session, tmp_path: Path) -> None:
    owner = people.owner(db)
    photo = add_photo(db, "people/Ada Lovelace.JPG", faces=3)
    labelled, rejected, proposed = photo.faces
    record_answer(db, owner, AnswerInput("one", "label", labelled.id, "mask"))
    record_answer(db, owner, AnswerInput("two", "reject", rejected.id))
    drawn = draw_face(db, owner, photo, (200, 100, 40, 50))
    db.commit()
    file, report = export(db, tmp_path)
    assert file.read("pictures/Ada Lovelace.jpg") == f"picture {photo.id}".encode()
    record = only(file)
    assert [(face["state"], face["label"], face["source"]) for face in record["faces"]] == [  # type: ignore[attr-defined]
        ("confirmed", "mask", "centerface"),
        ("rejected", None, "centerface"),
        ("proposed", None, "centerface"),
        ("confirmed", None, "human"),
    ]
    assert record["faces"][0]["box"] == [0.0, 20.0, 50.0, 60.0]  # type: ignore[index]
    assert (record["size"], record["split"], record["looked_at"]) == ([400, 300], "train", True)
    assert record["classes"] == ["mask", "nomask"]
    ids = [labelled.id, rejected.id, proposed.id, drawn.id]
    assert record["extra"] == {"id": photo.id, "face_ids": ids}
    counts = report.labelled, report.unlabelled, report.rejected, report.proposed
    assert counts == ({"mask": 1}, 1, 1, 1)


def test_pictures_are_stored_and_texts_are_compressed(db: Session, tmp_path: Path) -> None:
    add_photo(db)
    file, _ = export(db, tmp_path)
    kinds = {info.filename: info.compress_type for info in file.infolist()}
    assert kinds == {"pictures/photo-1.jpg": ZIP_STORED, "records.json": ZIP_DEFLATED}


def test_nobody_looked_at_a_photo_with_proposals_alone(db: Session, tmp_path: Path) -> None:
    alone, empty = add_photo(db), add_photo(db, faces=0)
    empty.completed_at = now()
    db.commit()
    file, _ = export(db, tmp_path)
    looked_at = {
        record["extra"]["id"]: record["looked_at"] for record in records(file.read("records.json")).values()
    }
    assert looked_at == {alone.id: False, empty.id: True}


def test_hidden_proposals_are_left_out(db: Session, tmp_path: Path) -> None:
    photo = add_photo(db, faces=2)
    photo.faces[0].hidden = True
    db.commit()
    file, report = export(db, tmp_path)
    assert (len(only(file)["faces"]), report.proposed) == (1, 1)  # type: ignore[arg-type]


def test_people_have_names_only_if_asked(db: Session, tmp_path: Path) -> None:
    ada, other, bob = (people.new_person(db, name, "friend") for name in ("Ada", "ada", "Bob"))
    for person in (ada, other, bob):
        add_photo(db).person_id = person.id
    db.commit()

    def named(**order: object) -> list[object]:
        file, _ = export(db, tmp_path, order=order)
        return [record["person"] for record in records(file.read("records.json")).values()]

    assert named() == [f"person-{ada.id}", f"person-{other.id}", f"person-{bob.id}"]
    assert named(names=True) == [f"Ada #{ada.id}", f"ada #{other.id}", "Bob"]


def test_a_filter_chooses_photos_and_all_their_faces_are_written(db: Session, tmp_path: Path) -> None:
    owner = people.owner(db)
    chosen, other = add_photo(db, faces=2), add_photo(db, faces=2, split="locked")
    record_answer(db, owner, AnswerInput("one", "label", chosen.faces[0].id, "mask"))
    db.commit()
    file, _ = export(db, tmp_path, label="mask")
    record = only(file)
    assert (record["extra"]["id"], len(record["faces"])) == (chosen.id, 2)  # type: ignore[arg-type,index]
    assert len(records(export(db, tmp_path)[0].read("records.json"))) == 2
    file, _ = export(db, tmp_path, state="proposed", since=now().date().isoformat())
    assert len(records(file.read("records.json"))) == 2
    with pytest.raises(BadExport, match="no photos"):
        export(db, tmp_path, until="2001-01-01")
    assert other.id


@pytest.mark.parametrize(
    "choice",
    [{"colour": "red"}, {"since": "yesterday"}, {"until": "9999-12-31"}, {"state": "odd"}, {"look": "odd"}],
)
def test_a_filter_that_makes_no_sense_is_refused(db: Session, tmp_path: Path, choice: dict[str, str]) -> None:
    add_photo(db)
    with pytest.raises((BadExport, BadAnswer)):
        export(db, tmp_path, **choice)


def test_photos_being_deleted_are_left_out_and_lost_files_are_counted(db: Session, tmp_path: Path) -> None:
    erased, lost, kept = (add_photo(db) for _ in range(3))
    mark_photos(db, Photo.id == erased.id, None)
    db.commit()
    blobs().delete(lost.blob)
    file, report = export(db, tmp_path)
    assert list(records(file.read("records.json"))) == [f"photo-{kept.id}.jpg"]
    assert (report.photos, report.missing) == (1, 1)


def test_each_face_of_a_photo_is_cut(db: Session, tmp_path: Path) -> None:
    photo = add_photo(db, "a.jpg", faces=2)
    cut = lambda stored, boxes: [stored + str(box).encode() for box in boxes]  # noqa: E731
    file, _ = export(db, tmp_path, order={"cut": cut})
    assert file.namelist() == ["crops/a-1.png", "crops/a-2.png", "records.json"]
    assert file.read("crops/a-2.png") == f"picture {photo.id}(10.0, 20.0, 50.0, 60.0)".encode()


def test_a_picture_that_cannot_be_cut_is_counted_and_left_out(db: Session, tmp_path: Path) -> None:
    broken, whole = add_photo(db), add_photo(db)

    def cut(stored: bytes, boxes: Sequence[Box]) -> list[bytes]:
        if stored == f"picture {broken.id}".encode():
            raise CannotCut
        return [stored for _ in boxes]

    file, report = export(db, tmp_path, order={"cut": cut})
    assert file.namelist() == [f"crops/photo-{whole.id}-1.png", "records.json"]
    assert (report.photos, report.missing) == (1, 1)


def test_a_path_that_would_leave_the_folder_is_not_written(db: Session, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    add_photo(db)
    monkeypatch.setattr(FileNames, "name", lambda *_: "../../escaped.jpg")
    with pytest.raises(ValueError, match="outside"):
        export(db, tmp_path)


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["x/a.jpg", "y/A.png"], ["a.jpg", "A-{1}.jpg"]),
        ([None, "photo-1.jpg"], ["photo-1.jpg", "photo-1-{1}.jpg"]),
        (["CON.jpg", "..jpg"], ["photo-1.jpg", "photo-2.jpg"]),
        (["a\\b:c?.jpg", "e\u0301.jpg"], ["a_b_c_.jpg", "\u00e9.jpg"]),
        (["-rf.jpg", "x" * 300 + ".jpg"], ["photo-1.jpg", "x" * 80 + ".jpg"]),
    ],
)
def test_names_are_flat_unique_and_as_they_were(
    db: Session, paths: list[str | None], names: list[str]
) -> None:
    photos = [add_photo(db, path) for path in paths]
    given, hashes = FileNames(), [photo.blob[:8] for photo in photos]
    assert [given.name(photo, "jpg") for photo in photos] == [name.format(*hashes) for name in names]


def test_the_same_picture_of_two_people_has_two_names(db: Session) -> None:
    photos = [add_photo(db, "a.jpg") for _ in range(3)]
    for photo in photos:
        photo.blob = "f" * 64
    given = FileNames()
    names = [given.name(photo, "jpg") for photo in photos]
    assert names == ["a.jpg", "a-ffffffff.jpg", f"a-ffffffff-{photos[2].id}.jpg"]


def test_an_unknown_format_and_crops_where_there_are_none_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(BadDataset, match="no format"):
        known_formats.find("papyrus")
    monkeypatch.setattr(known_formats, "CROPPING", ("folders",))
    with pytest.raises(BadExport, match="crops"):
        known_formats.find("tiny", crops=True)


def test_many_photos_are_read_piece_by_piece(
    db: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labeller.exports.sources.PHOTOS_AT_ONCE", 2)
    for _ in range(5):
        add_photo(db)
    file, report = export(db, tmp_path)
    assert (len(records(file.read("records.json"))), report.photos) == (5, 5)
    assert not any(isinstance(row, Person | Photo | Face) for row in db.identity_map.values())
