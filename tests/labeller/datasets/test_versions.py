"""Versions: frozen, counted, named, compared, and without what is erased."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import frozen_sets, id_sets, integrity
from db.errors import BadInput, Conflict
from db.models import DatasetVersion, Event, Face, FrozenFace, FrozenPhoto, Group, Photo
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.datasets import compare, tags, versions
from labeller.datasets.sources import EVERYTHING, Selection, with_tag
from labeller.datasets.tags import Targets
from labeller.erasure import finish, mark
from labeller.errors import NotFound
from labeller.people import people
from labeller.reports.gallery import Filter
from tests.factories import add_faces, add_finished_run_on
from tests.labelled import add_labelled_faces


def make(db: Session, name: str, selection: Selection = EVERYTHING) -> DatasetVersion:
    version = versions.make(db, name, selection, people.owner(db))
    db.commit()
    return version


def states(db: Session) -> int:
    return db.scalar(select(func.count()).select_from(FrozenFace)) or 0


def test_a_version_counts_what_is_in_it_and_stays_as_it_was(db: Session) -> None:
    faces = add_labelled_faces(db, 10)
    add_faces(db, 1)[0].hidden = True
    db.commit()
    version = make(db, "  First ")
    assert (version.name, version.photos, version.faces) == ("First", 11, 10)
    assert sum(version.labels.values()) == 10 - 2, "two of ten groups are locked"
    assert version.splits == {"train": 7, "validation": 2, "locked": 2}
    faces[0].label, faces[1].x = "nomask", 20
    db.commit()
    again = make(db, "Second")
    assert states(db) == 12, "what is as it was is stored once"
    found = compare.compare(db, version, again)
    assert found.faces == {
        "added": [], "removed": [], "relabelled": [faces[0].id], "moved": [faces[1].id], "split": [],
    }  # fmt: skip
    assert found.same == 8
    (label,) = compare.details(db, version, again, found.faces["relabelled"])
    assert label.before is not None
    assert label.after is not None
    assert (label.before.class_id, label.after.class_id) == (1, 2)


def test_an_empty_version_and_a_name_that_is_taken_are_refused(db: Session) -> None:
    with pytest.raises(BadInput, match="0 photos with 0 boxes"):
        make(db, "Nothing")
    add_faces(db, 1)
    make(db, "All")
    with pytest.raises(Conflict, match="All"):
        make(db, "ALL ")
    with pytest.raises(BadInput, match="0 photos with 0 boxes"):
        make(db, "Masks", Selection("faces", Filter(label="mask")))
    with pytest.raises(BadInput):
        make(db, "  ")
    assert db.scalar(select(func.count()).select_from(DatasetVersion)) == 1
    assert versions.named(db, " all").id == versions.named(db, 1).id
    with pytest.raises(NotFound):
        versions.named(db, "None")


def test_a_version_of_a_tag_has_its_faces_or_whole_photos(db: Session) -> None:
    one, _ = add_faces(db, 2)
    add_faces(db, 1)
    tag = tags.find_or_add(db, "night")
    tags.put_on(db, tag, Targets(faces=[one.id]))
    assert (
        make(db, "Faces", with_tag(tag.id)).faces,
        make(db, "Photos", with_tag(tag.id, whole_photos=True)).faces,
    ) == (1, 2)


def test_compare_tells_added_removed_and_other_splits(db: Session) -> None:
    one, two = add_faces(db, 2)
    (three,) = add_faces(db, 1)
    first = make(db, "First", Selection("photos", Filter()))
    two.state = "rejected"
    db.get_one(Group, three.photo.group_id).split = "validation"
    new = add_faces(db, 1)[0]
    tag = tags.find_or_add(db, "kept")
    tags.put_on(db, tag, Targets(faces=[two.id, three.id, new.id]))
    db.commit()
    second = make(db, "Second", with_tag(tag.id))
    found = compare.compare(db, first, second)
    assert found.faces == {
        "added": [new.id], "removed": [one.id], "relabelled": [two.id], "moved": [], "split": [three.id],
    }  # fmt: skip
    assert found.same == 0
    (changed,) = compare.details(db, first, second, [three.id])
    assert changed.before is not None
    assert changed.after is not None
    assert (changed.before.split, changed.after.split) == ("train", "validation")
    assert compare.compare(db, second, first).faces["added"] == [one.id]


def test_what_is_erased_goes_from_every_version_which_says_so(db: Session) -> None:
    owner, faces = people.owner(db), add_faces(db, 2)
    other = add_faces(db, 1)[0]
    first = make(db, "First")
    record_answer(db, owner, AnswerInput("a", "label", faces[0].id, "mask"))
    db.commit()
    second = make(db, "Second")
    assert compare.compare(db, first, second).faces["relabelled"] == [faces[0].id]
    mark.mark_photos(db, Photo.id == faces[0].photo_id, owner)
    db.commit()
    finish.finish_pending(db)
    for version in (first, second):
        db.refresh(version)
        assert (version.photos_gone, version.faces_gone) == (1, 2)
    assert [row.face_id for row in db.scalars(select(FrozenFace))] == [other.id]
    assert compare.compare(db, first, second).faces["relabelled"] == []
    assert compare.compare(db, first, second).same == 1
    assert [line for line in integrity.find_problems(db) if "version" in line] == []


def test_a_version_that_a_run_used_stays(db: Session) -> None:
    owner = people.owner(db)
    add_faces(db, 1)
    version = make(db, "First")
    run = add_finished_run_on(db, version)
    with pytest.raises(Conflict, match=f"Run {run.id}"):
        versions.delete_version(db, version, owner)
    db.delete(run)
    db.flush()
    versions.delete_version(db, version, owner)
    db.commit()
    assert (states(db), db.scalar(select(func.count()).select_from(FrozenPhoto))) == (0, 0)
    kinds = db.scalars(select(Event.kind).order_by(Event.id)).all()
    assert [kind for kind in kinds if kind.startswith("version")] == ["version_made", "version_deleted"]


def test_deleting_one_version_keeps_the_states_of_others(db: Session) -> None:
    owner, face = people.owner(db), add_faces(db, 1)[0]
    first, second = make(db, "First"), make(db, "Second")
    face.state = "rejected"
    db.commit()
    third = make(db, "Third")
    versions.delete_version(db, first, owner)
    assert states(db) == 2
    versions.delete_version(db, second, owner)
    assert [row.state for row in db.scalars(select(FrozenFace))] == ["rejected"]
    assert versions.versions_before(db, 0, 10) == [third]


def test_states_of_photos_that_are_gone_meanwhile_are_left_out(db: Session) -> None:
    face = add_faces(db, 1)[0]
    there = frozen_sets.PhotoState(face.photo_id, "train", False)
    gone = frozen_sets.PhotoState(99, "train", False)
    state = frozen_sets.FaceState(face.id, 1, 2, 3, 4, 1, "confirmed", 1, False)
    version = frozen_sets.freeze(
        db, [there, gone], [state, state._replace(face_id=98)], {face.id: face.photo_id, 98: 99}
    )
    assert (version.photos, version.faces, version.labels) == (1, 1, {"1": 1})
    assert len(id_sets.unpack(version.face_ids)) == 1
    assert db.get_one(Face, face.id).state == "proposed"
