"""The same picture in folders of two classes, or moved from one to the other, is a conflict and no repeat."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.models import Answer, Face, Photo
from labeller.answers import class_edits
from labeller.answers.answer_input import AnswerInput
from labeller.answers.folder_import import Conflict, FolderImport, record_folder_label
from labeller.answers.record import record_answer
from labeller.people import people
from labeller.reports.annotator_agreement import disputed_faces
from tests.pictures import jpeg, portrait

MASK, NOMASK = "mask/a.jpg", "nomask/a.jpg"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`mask/a.jpg` and an empty folder `nomask`."""
    for name in ("mask", "nomask"):
        (tmp_path / "import" / name).mkdir(parents=True)
    (tmp_path / "import" / MASK).write_bytes(jpeg(portrait(1, True)))
    return tmp_path / "import"


def import_all(db: Session, folder: Path) -> list[Conflict]:
    """Import every file of the folder as the owner; the conflicts."""
    run = FolderImport(db, folder, people.owner(db))
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    conflicts = [run.take(file, file.parent.name)[1] for file in files]
    return [one for one in conflicts if one is not None]


def detect(db: Session) -> Face:
    """What the detector does: one face, with the folder's label as its answer."""
    photo = db.scalars(select(Photo)).one()
    photo.status = "ready"
    box = [9, 9, 60, 60]
    face = Face(photo_id=photo.id, x=9, y=9, w=60, h=60, proposed_box=box, source="mtcnn", confidence=1)
    db.add(face)
    db.flush()
    record_folder_label(db, face, photo)
    db.commit()
    return face


def move(folder: Path) -> None:
    (folder / MASK).rename(folder / NOMASK)


def test_a_moved_file_answers_its_face_anew_and_can_be_undone(db: Session, folder: Path) -> None:
    assert import_all(db, folder) == []
    face = detect(db)
    move(folder)
    assert import_all(db, folder) == [Conflict(MASK, "mask", NOMASK, "nomask", disputed=False)]
    assert (face.label, face.disputed) == ("nomask", False)
    assert import_all(db, folder) == [], "the same folder again is no conflict"
    assert len(db.scalars(select(Answer)).all()) == 2, "append-only"
    record_answer(db, people.owner(db), AnswerInput("back", "undo", face.id))
    assert face.label == "mask"


def test_a_moved_file_whose_face_people_answered_is_a_disagreement(db: Session, folder: Path) -> None:
    import_all(db, folder)
    face, bob = detect(db), people.new_person(db, "Bob", "labeller")
    record_answer(db, bob, AnswerInput("bob", "label", face.id, "mask", seen_at=now()))
    db.commit()
    move(folder)
    assert import_all(db, folder) == [Conflict(MASK, "mask", NOMASK, "nomask", disputed=True)]
    assert (face.label, face.disputed) == ("mask", True)
    ((disputed, said),) = disputed_faces(db)
    assert disputed is face
    assert {(one.imported, one.opinion[1]) for one in said} >= {(False, "mask"), (True, "nomask")}


def test_the_same_bytes_in_both_folders_are_a_disagreement(db: Session, folder: Path) -> None:
    import_all(db, folder)
    face = detect(db)
    (folder / NOMASK).write_bytes((folder / MASK).read_bytes())
    conflict = Conflict(MASK, "mask", NOMASK, "nomask", disputed=True)
    assert import_all(db, folder) == [conflict]
    assert face.disputed
    assert len(disputed_faces(db)[0][1]) == 2
    bob = people.new_person(db, "Bob", "labeller")
    record_answer(db, bob, AnswerInput("settled", "label", face.id, "nomask", seen_at=now()))
    db.commit()
    assert not face.disputed
    assert import_all(db, folder) == [conflict], "it is reported again"
    assert (face.label, face.disputed) == ("nomask", False), "but stays settled"


def test_both_folders_in_one_import_wait_for_the_detector(db: Session, folder: Path) -> None:
    (folder / NOMASK).write_bytes((folder / MASK).read_bytes())
    assert import_all(db, folder) == [Conflict(MASK, "mask", NOMASK, "nomask", disputed=True)]
    face = detect(db)
    assert (face.label, face.disputed) == ("mask", True)


def test_a_folder_with_a_former_name_is_its_class(db: Session, folder: Path) -> None:
    import_all(db, folder)
    face = detect(db)
    class_edits.rename(db, "mask", "covered", people.owner(db))
    db.commit()
    assert import_all(db, folder) == []
    assert face.label == "covered"
