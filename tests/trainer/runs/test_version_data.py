"""What a run on a version learns from: as frozen, but for what is erased, and never a face that is locked."""

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import classes
from db.errors import Conflict
from db.models import Answer, DatasetVersion, Face, FrozenFace, Group, Photo, Run
from labeller.answers import class_edits
from labeller.datasets import versions
from labeller.datasets.sources import EVERYTHING
from labeller.erasure import finish, mark
from labeller.people import people
from tests.labelled import add_labelled_faces, add_labelled_pictures, draw_pictures, sqlite_only
from trainer.data import dataset, own_version, version_data
from trainer.data.version_data import VersionData
from trainer.errors import NotEnoughLabels
from trainer.runs import requests


def make(db: Session, count: int, people_: int = 0) -> tuple[DatasetVersion, list[Face]]:
    faces = add_labelled_faces(db, count, people_)
    version = versions.make(db, "First", EVERYTHING, people.owner(db))
    db.commit()
    return version, faces


def collect(db: Session, version: DatasetVersion) -> VersionData:
    run = Run(recipe={}, seed=0, classes=[1, 2], version_id=version.id, status="done")
    db.add(run)
    db.flush()
    return version_data.collect(db, run, classes.read(db))


def test_the_dataset_is_that_of_the_version_and_not_of_today(db: Session) -> None:
    version, faces = make(db, 10)
    then = dataset.collect(db, [1, 2], classes.read(db))
    assert collect(db, version).dataset == then
    faces[0].label, faces[1].x, faces[1].box_version = "nomask", 20, 2
    faces[2].disputed, faces[3].state = True, "rejected"
    db.flush()
    assert collect(db, version).dataset == then
    open_ = [row.label for row in then.rows if row.split != "locked"]
    counts = {"mask": open_.count(1), "nomask": open_.count(2)}
    assert version_data.label_counts(version, classes.read(db)) == counts


def test_what_is_erased_is_not_in_it_any_more(db: Session) -> None:
    version, faces = make(db, 4)
    mark.mark_photos(db, Photo.id == faces[0].photo_id, None)
    db.commit()
    assert len(collect(db, version).dataset.rows) == 3, "also while it can still be restored"
    finish.finish_pending(db)
    assert [row.face_id for row in collect(db, version).dataset.rows] == [face.id for face in faces[1:]]


def test_a_face_that_is_locked_now_is_never_learned_from(db: Session) -> None:
    version, faces = make(db, 10)
    db.get_one(Group, faces[0].photo.group_id).split = "locked"
    db.flush()
    found = collect(db, version)
    assert {row.split for row in found.dataset.rows if row.face_id == faces[0].id} == {"locked"}
    assert (found.locked, found.opened) == (1, 0)


def test_a_face_that_was_locked_and_is_learned_from_now_proves_nothing(db: Session) -> None:
    version, _ = make(db, 10)
    db.execute(update(Group).where(Group.split == "locked").values(split="train"))
    found = collect(db, version)
    assert (len(found.dataset.rows), found.opened) == (8, 2)
    assert not found.dataset.where("locked").any()


def test_people_who_were_joined_are_on_one_side(db: Session) -> None:
    version, faces = make(db, 10)
    (train, validation) = (
        next(face for face in faces if face.photo.group.split == split) for split in ("train", "validation")
    )
    validation.photo.group_id = train.photo.group_id
    db.flush()
    rows = {row.face_id: row for row in collect(db, version).dataset.rows}
    assert (rows[train.id].split, rows[validation.id].split) == ("train", "train")


def test_labels_are_read_as_the_classes_of_now(db: Session) -> None:
    owner = people.owner(db)
    class_edits.add(db, "scarf", owner)
    version, faces = make(db, 10)
    db.execute(update(FrozenFace).where(FrozenFace.face_id == faces[0].id).values(class_id=3))
    version.labels = {"1": 3, "2": 4, "3": 1}
    class_edits.merge(db, "scarf", "mask", owner)
    class_edits.rename(db, "mask", "covered", owner)
    db.flush()
    assert collect(db, version).dataset.rows[0].label == 1
    assert version_data.label_counts(version, classes.read(db)) == {"covered": 4, "nomask": 4}


def test_runs_that_collect_the_same_share_their_version(db: Session) -> None:
    faces = add_labelled_faces(db, 10)
    first = own_version.of_dataset(db, dataset.collect(db, [1, 2], classes.read(db)))
    assert (first.name, first.photos, first.faces) == (None, 10, 10)
    assert own_version.of_dataset(db, dataset.collect(db, [1, 2], classes.read(db))) is first
    faces[0].label = "nomask"
    db.flush()
    other = own_version.of_dataset(db, dataset.collect(db, [1, 2], classes.read(db)))
    assert other.id != first.id
    named = versions.make(db, "Named", EVERYTHING, None)
    assert named.face_ids == other.face_ids


def test_a_run_is_asked_for_on_a_version(db: Session) -> None:
    version, _ = make(db, 20)
    run = requests.request_run(db, "quick", version=version)
    assert run.version_id == version.id
    assert requests.request_run(db, "quick", version=version) is run
    with pytest.raises(Conflict, match=f"Run {run.id} waits"):
        requests.request_run(db, "quick")
    db.delete(run)
    version.labels = {"1": 4, "2": 3}
    db.commit()
    with pytest.raises(NotEnoughLabels):
        requests.request_run(db, "quick", version=version)


@pytest.mark.slow
@sqlite_only
def test_a_run_learns_from_a_version_and_names_it(db: Session) -> None:
    from trainer.runs.train import train

    faces = add_labelled_pictures(db, draw_pictures(60))
    version = versions.make(db, "Before", EVERYTHING, people.owner(db))
    for face in faces[:20]:
        face.label = "nomask"
    db.commit()
    run = requests.request_run(db, "quick", version=version)
    db.commit()
    train(db, run.id, run.attempt, "test")
    db.refresh(run)
    assert (run.status, run.error, run.version_id) == ("done", None, version.id)
    texts = [text for _, text, _ in run.log]
    assert any("Learns from version" in text for text in texts)
    assert db.scalars(select(Answer.run_id).distinct()).all() == [None], "no answer counts as learned"
    after = requests.request_run(db, "quick")
    db.commit()
    train(db, after.id, after.attempt, "test")
    db.refresh(after)
    own = db.get_one(DatasetVersion, after.version_id)
    assert (own.name, own.faces) == (None, 60)
    assert db.scalars(select(Answer.run_id).distinct()).all() == [after.id]
