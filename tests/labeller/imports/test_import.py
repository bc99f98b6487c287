"""A dataset becomes photos, faces and answers; what people answered here stays, and is named."""

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.base import now
from db.models import Answer, Face, Person, Photo
from labeller.answers import class_edits
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.datasets import tags
from labeller.detection.detections import Detection
from labeller.detection.photo_look import PhotoLook
from labeller.detection.store_faces import record_look
from labeller.errors import BadAnswer, BadDataset
from labeller.imports.report import Report
from labeller.people import people
from labeller.uploads import intake
from tests.labeller.imports.archive_files import make_zip
from tests.labeller.imports.conftest import Import
from tests.labeller.imports.tiny_format import LABELS, face, picture, write

ONE = [{"name": "a.jpg", "faces": [face([10, 10, 40, 50], "mask")]}]


def counts(db: Session) -> tuple[int, int, int]:
    """Photos, faces, answers."""
    return tuple(db.scalar(select(func.count()).select_from(table)) or 0 for table in (Photo, Face, Answer))  # type: ignore[return-value]


def said(report: Report, remark: str) -> list[str]:
    lines = [one.problem for one in report.pending if one.problem.remark == remark]
    return [f"{one.file}, {one.place}: {one.message}" for one in lines]


def the_face(db: Session) -> Face:
    return db.scalars(select(Face).execution_options(populate_existing=True)).one()


def test_boxes_become_faces_that_the_importer_answered(db: Session, tmp_path: Path, import_: Import) -> None:
    faces = [
        face([10, 10, 40, 50], "mask"),
        face([60, 10, 30, 30], "nomask"),
        face([5, 65, 20, 20], state="rejected"),
        face([40, 65, 20, 20]),
        face([80, 60, 20, 20], "mask", state="proposed", confidence=0.61),
    ]
    report = import_(write(tmp_path / "in", [{"name": "sub/a.jpg", "faces": faces}]))
    assert dict(report.counts) == {"new": 1, "faces": 5}
    found = db.scalars(select(Face).order_by(Face.id)).all()
    assert [(one.source, one.state, one.label, one.confidence) for one in found] == [
        ("human", "confirmed", "mask", None),
        ("human", "confirmed", "nomask", None),
        ("human", "rejected", None, None),
        ("human", "proposed", None, None),
        ("import", "proposed", None, 0.61),
    ]
    assert [one.box for one in found] == [tuple(one["box"]) for one in faces]
    assert found[0].decided_by == people.owner(db).id
    assert found[4].undecided
    photo = db.scalars(select(Photo)).one()
    assert (photo.import_path, photo.status, photo.completed_at) == ("sub/a.jpg", "queued", None)


def test_the_same_again_adds_nothing(db: Session, tmp_path: Path, import_: Import) -> None:
    faces = [face([10, 10, 40, 50], "mask"), face([60, 10, 30, 30], state="rejected"), face([5, 65, 20, 20])]
    faces.append(face([80, 60, 20, 20], state="proposed", confidence=0.6))
    folder = write(tmp_path / "in", [{"name": "a.jpg", "faces": faces}])
    import_(folder)
    before = counts(db)
    report = import_(folder)
    assert counts(db) == before
    assert dict(report.counts) == {"known": 1, "faces": 0}


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


def test_a_photo_without_a_face_that_was_looked_at_is_complete(
    db: Session, tmp_path: Path, import_: Import
) -> None:
    import_(write(tmp_path / "in", [{"name": "a.jpg"}, {"name": "b.jpg", "looked_at": False}]))
    complete = {one.import_path: one.completed_at is not None for one in db.scalars(select(Photo))}
    assert complete == {"a.jpg": True, "b.jpg": False}


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


def test_crops_are_one_face_each(db: Session, tmp_path: Path, import_: Import) -> None:
    import_(write(tmp_path / "in", [{"name": "a.jpg", "faces": [face(None, "mask")]}]), crops=True)
    assert (the_face(db).box, the_face(db).label) == (pytest.approx((10, 7.5, 100, 75)), "mask")
    assert db.scalars(select(Photo)).one().completed_at is not None


def test_a_label_without_a_box_waits_for_the_detector(db: Session, tmp_path: Path, import_: Import) -> None:
    import_(write(tmp_path / "in", [{"name": "a.jpg", "faces": [face(None, "mask")]}]))
    assert db.scalars(select(Photo)).one().folder_label == "mask"
    assert counts(db) == (1, 0, 0)


def test_people_are_found_or_made_and_share_a_split(
    db: Session, tmp_path: Path, import_: Import, ada: Person
) -> None:
    photos = [
        {"name": "a.jpg", "person": "Ada", "split": "locked"},
        {"name": "b.jpg", "person": "Ada", "split": "train"},
        {"name": "c.jpg", "person": "Cem", "split": "validation"},
    ]
    report = import_(write(tmp_path / "in", photos))
    found = {one.import_path: one for one in db.scalars(select(Photo))}
    assert {name: (one.person and one.person.name, one.group.split) for name, one in found.items()} == {
        "a.jpg": ("Ada", "locked"),
        "b.jpg": ("Ada", "locked"),
        "c.jpg": ("Cem", "validation"),
    }
    (line,) = said(report, "conflict")
    assert line.startswith(
        "b.jpg, labels.json photo 2: is for “train” in the dataset, and stays in “locked” here"
    )


def test_a_person_for_all_stands_back_for_one_that_is_named(
    db: Session, tmp_path: Path, import_: Import, ada: Person
) -> None:
    import_(write(tmp_path / "in", [{"name": "a.jpg", "person": "Cem"}, {"name": "b.jpg"}]), person=ada)
    names = {one.import_path: one.person and one.person.name for one in db.scalars(select(Photo))}
    assert names == {"a.jpg": "Cem", "b.jpg": "Ada"}


def test_an_export_of_this_workbench_finds_its_photo_again(
    db: Session, tmp_path: Path, import_: Import
) -> None:
    from db.storage import blobs

    photo = intake.receive(db, picture(0), people.owner(db)).photo
    db.commit()
    folder = write(tmp_path / "in", [{"name": "x.jpg", "faces": []}], pictures=False)
    (folder / "x.jpg").write_bytes(blobs().get(photo.blob))
    assert dict(import_(folder).counts) == {"known": 1, "note": 1}


def test_files_that_are_no_photos_are_named_and_the_others_are_taken(
    db: Session, tmp_path: Path, import_: Import
) -> None:
    folder = write(tmp_path / "in", [{"name": "a.jpg"}, {"name": "b.jpg"}, {"name": "gone.jpg"}])
    (folder / "a.jpg").write_bytes(b"no photo")
    (folder / "gone.jpg").unlink()
    report = import_(folder)
    assert [line.partition(":")[0] for line in said(report, "skipped")] == [
        "a.jpg, labels.json photo 1",
        "labels.json, photo 3",
    ]
    assert counts(db)[0] == 1
    assert report.has_gaps


def test_a_box_too_small_is_named_and_the_others_are_taken(
    db: Session, tmp_path: Path, import_: Import
) -> None:
    faces = [face([10, 10, 3, 3], "mask"), face([20, 20, 30, 30], "mask"), face([20, 20, 30, 30], "nomask")]
    report = import_(write(tmp_path / "in", [{"name": "a.jpg", "faces": faces}]))
    assert "too small, 3 × 3 pixels" in said(report, "skipped")[0]
    assert "face 3 is the box of face 2, with another label" in said(report, "conflict")[0]
    assert the_face(db).label == "mask"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"images": [{"name": "a.jpg"}, {"na', "damaged"),
        (
            '{"images": [{"name": "a.jpg"}, {"name": "b.jpg", "faces": [{"label": "With Mask"}]}]}',
            "With Mask",
        ),
        ('{"images": []}', "no photos"),
        ('{"images": [{"name": "a.jpg"}, {"name": "b.jpg", "person": "#999"}]}', "#999"),
    ],
)
def test_a_dataset_that_cannot_be_used_writes_nothing(
    db: Session, tmp_path: Path, import_: Import, content: str, message: str
) -> None:
    folder = write(tmp_path / "in", [{"name": "a.jpg"}, {"name": "b.jpg"}])
    (folder / LABELS).write_text(content)
    archive = make_zip(tmp_path / "a.zip", {one.name: one.read_bytes() for one in folder.iterdir()})
    for path in (folder, archive):
        with pytest.raises(BadDataset, match=message):
            import_(path)
    assert counts(db) == (0, 0, 0)
    assert not list((tmp_path / "unpacked").glob("*"))


def test_names_of_a_dataset_may_be_mapped_and_earlier_names_are_known(
    db: Session, tmp_path: Path, import_: Import
) -> None:
    class_edits.rename(db, "nomask", "bare", people.owner(db))
    db.commit()
    faces = [face([10, 10, 40, 50], "With Mask"), face([60, 10, 30, 30], "NoMask")]
    folder = write(tmp_path / "in", [{"name": "a.jpg", "faces": faces}])
    import_(folder, mapping={"with mask": "mask"})
    assert [one.label for one in db.scalars(select(Face).order_by(Face.id))] == ["mask", "bare"]
    with pytest.raises(BadAnswer, match="no class “glasses”"):
        import_(folder, mapping={"with mask": "glasses"})


def test_an_archive_with_a_folder_around_it_all_is_imported_and_its_format_found(
    db: Session, tmp_path: Path, import_: Import
) -> None:
    folder = write(tmp_path / "in", ONE)
    files = {f"set/{one.name}": one.read_bytes() for one in folder.iterdir()}
    report = import_(make_zip(tmp_path / "a.zip", files), None)
    assert dict(report.counts) == {"new": 1, "faces": 1}
    assert not list((tmp_path / "unpacked").glob("*"))


def test_tags_are_put_on_photos_and_faces(db: Session, tmp_path: Path, import_: Import) -> None:
    faces = [face([10, 10, 40, 50], "mask", tags=("hat", "side"))]
    folder = write(tmp_path / "in", [{"name": "a.jpg", "tags": ("street", "side"), "faces": faces}])
    for _ in range(2):
        import_(folder)
        found = {part: [tag.name for tag in names] for part, names in tags.on_photo(db, 1).items()}
        assert found == {0: ["side", "street"], the_face(db).id: ["hat", "side"]}
