"""A dataset becomes photos, faces, answers, people and tags."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Face, Person, Photo
from labeller.answers import class_edits
from labeller.datasets import tags
from labeller.errors import BadAnswer
from labeller.people import people
from labeller.uploads import intake
from tests.labeller.imports.archive_files import make_zip
from tests.labeller.imports.conftest import Import
from tests.labeller.imports.taken import ONE, counts, said, the_face
from tests.labeller.imports.tiny_format import face, picture, write


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


def test_a_photo_without_a_face_that_was_looked_at_is_complete(
    db: Session, tmp_path: Path, import_: Import
) -> None:
    import_(write(tmp_path / "in", [{"name": "a.jpg"}, {"name": "b.jpg", "looked_at": False}]))
    complete = {one.import_path: one.completed_at is not None for one in db.scalars(select(Photo))}
    assert complete == {"a.jpg": True, "b.jpg": False}


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
