"""What was answered here stays, and what the dataset says otherwise is named."""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.models import Person, Photo
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.detection.detections import Detection
from labeller.detection.photo_look import PhotoLook
from labeller.detection.store_faces import record_look
from labeller.people import people
from labeller.uploads import intake
from tests.labeller.imports.conftest import Import
from tests.labeller.imports.taken import ONE, said, the_face
from tests.labeller.imports.tiny_format import face, picture, write


def test_a_detector_that_looks_later_finds_the_imported_face(
    db: Session, tmp_path: Path, import_: Import
) -> None:
    import_(write(tmp_path / "in", ONE))
    photo = db.scalars(select(Photo)).one()
    record_look(db, photo, "centerface", PhotoLook([Detection((12, 11, 40, 48), 0.9, {})], 0, 0.1))
    assert (the_face(db).source, the_face(db).confirmed_by, the_face(db).label) == (
        "human",
        ["centerface"],
        "mask",
    )


def test_a_face_that_a_detector_found_is_answered_and_gets_the_box(
    db: Session, tmp_path: Path, import_: Import
) -> None:
    photo = intake.receive(db, picture(0), people.owner(db)).photo
    record_look(db, photo, "centerface", PhotoLook([Detection((14, 14, 40, 44), 0.9, {})], 0, 0.1))
    db.commit()
    report = import_(write(tmp_path / "in", ONE))
    assert dict(report.counts) == {"known": 1, "faces": 1}
    assert (the_face(db).source, the_face(db).label, the_face(db).box) == (
        "centerface",
        "mask",
        (10, 10, 40, 50),
    )


def test_what_people_answered_stays_and_is_disputed(
    db: Session, tmp_path: Path, import_: Import, ada: Person
) -> None:
    photo = intake.receive(db, picture(0), people.owner(db)).photo
    record_answer(
        db, ada, AnswerInput("ada", "draw", photo_id=photo.id, box=(10, 10, 40, 50), label="nomask")
    )
    db.commit()
    folder = write(tmp_path / "in", ONE)
    (line,) = said(import_(folder), "conflict")
    assert line.startswith(
        "a.jpg, labels.json face 1: The face at [10, 10, 40, 50] is “nomask” here and “mask”"
    )
    assert (the_face(db).label, the_face(db).disputed) == ("nomask", True)
    record_answer(db, ada, AnswerInput("settled", "label", the_face(db).id, "nomask", seen_at=now()))
    db.commit()
    assert len(said(import_(folder), "conflict")) == 1, "it is named again"
    assert (the_face(db).label, the_face(db).disputed) == ("nomask", False), "but stays settled"


def test_what_an_earlier_import_said_gives_way_and_can_be_undone(
    db: Session, tmp_path: Path, import_: Import
) -> None:
    folder = write(tmp_path / "in", ONE)
    import_(folder)
    write(folder, [{"name": "a.jpg", "faces": [face([10, 10, 40, 50], "nomask")]}])
    (line,) = said(import_(folder), "conflict")
    assert line.endswith("the new one counts; it can be undone.")
    assert (the_face(db).label, the_face(db).disputed) == ("nomask", False)
    record_answer(db, people.owner(db), AnswerInput("back", "undo", the_face(db).id))
    assert the_face(db).label == "mask"


def test_the_same_picture_twice_with_two_labels_is_a_conflict_that_names_both(
    db: Session, tmp_path: Path, import_: Import
) -> None:
    photos = [
        {"name": f"{name}/a.jpg", "faces": [face([10, 10, 40, 50], name)]} for name in ("mask", "nomask")
    ]
    folder = write(tmp_path / "in", photos)
    (folder / "nomask/a.jpg").write_bytes((folder / "mask/a.jpg").read_bytes())
    report = import_(folder)
    assert said(report, "note") == ["nomask/a.jpg, labels.json photo 2: the same picture as mask/a.jpg"]
    assert len(said(report, "conflict")) == 1
    assert (the_face(db).label, the_face(db).disputed) == ("mask", True)


def test_a_box_that_was_moved_here_stays(db: Session, tmp_path: Path, import_: Import, ada: Person) -> None:
    folder = write(tmp_path / "in", ONE)
    import_(folder)
    moved = AnswerInput("ada", "adjust", the_face(db).id, box=(16, 10, 40, 50), seen_at=now())
    record_answer(db, ada, moved)
    db.commit()
    (line,) = said(import_(folder), "conflict")
    assert "has another box in the dataset, [10, 10, 40, 50]; the one here stays" in line
    assert the_face(db).box == (16, 10, 40, 50)


def test_what_was_taken_back_here_does_not_come_again(db: Session, tmp_path: Path, import_: Import) -> None:
    folder = write(tmp_path / "in", ONE)
    import_(folder)
    record_answer(db, people.owner(db), AnswerInput("undo", "undo", the_face(db).id))
    db.commit()
    import_(folder)
    assert the_face(db).state != "confirmed"


def test_a_photo_said_to_be_empty_that_has_faces_here_is_a_conflict(
    db: Session, tmp_path: Path, import_: Import
) -> None:
    folder = write(tmp_path / "in", ONE)
    import_(folder)
    write(folder, [{"name": "a.jpg"}])
    assert said(import_(folder), "conflict") == [
        "a.jpg, labels.json photo 1: has no face in the dataset, and 1 here"
    ]
    assert db.scalars(select(Photo)).one().completed_at is None
