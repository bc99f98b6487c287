"""What is confirmed in bulk, what is held, and what complete photos say of the detector."""

import numpy as np
import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from db.models import Embedding, Face, Photo
from labeller.answers import boxes, complete_photos
from labeller.answers.answer_input import AnswerInput
from labeller.answers.record import record_answer
from labeller.errors import BoxesLeft
from labeller.people import people
from labeller.queue import bulk, leases
from labeller.reports import counts
from tests.factories import add_faces, add_live_run, add_score, draw_face
from tests.web_server import add_confident_run


def test_look_alikes_stand_side_by_side() -> None:
    chance = np.random.default_rng(1)
    groups = chance.integers(0, 4, 60)
    vectors = np.eye(4, 64)[groups] * 5 + chance.normal(size=(60, 64)) * 0.3
    order = bulk.chain(vectors.astype(np.float32))
    assert sorted(order) == list(range(60))
    steps = groups[order]
    assert (steps[1:] != steps[:-1]).sum() == 3, "each group is left once"
    assert bulk.chain(np.empty((0, 64), np.float32)) == []


def test_only_what_the_model_is_sure_of_and_nobody_answered_comes_in_bulk(db: Session) -> None:
    ada, bob = people.new_person(db, "Ada", "labeller"), people.new_person(db, "Bob", "labeller")
    faces, (locked,) = add_faces(db, 8), add_faces(db, 1, "locked")
    add_confident_run(db, [face.id for face in (*faces, locked)])
    record_answer(db, bob, AnswerInput("b", "label", faces[0].id, "mask"))
    faces[2].doubtful = True
    leases.take(db, bob, [faces[4].id], blind=True)
    found = bulk.sure_faces(db, ada, "mask", 10)
    assert [item.face.id for item in found.items] == [faces[6].id], "not answered, doubtful, held or locked"
    assert found.remaining == {"mask": 1, "nomask": 4}
    assert bulk.sure_faces(db, ada, None, 10).label == "nomask", "the most frequent"
    his = bulk.sure_faces(db, bob, "nomask", 10)
    assert [item.face.id for item in his.items] == [faces[4].id], "all others are held by Ada now"


def test_faces_without_features_come_last(db: Session) -> None:
    faces = add_faces(db, 6)
    add_confident_run(db, [face.id for face in faces])
    ada = people.new_person(db, "Ada", "labeller")
    for gone in ([faces[0].id], [face.id for face in faces]):
        db.execute(delete(Embedding).where(Embedding.face_id.in_(gone)))
        found = bulk.sure_faces(db, ada, "mask", 10)
        assert {item.face.id for item in found.items} == {faces[0].id, faces[2].id, faces[4].id}
        assert found.items[-1].face.id == faces[0].id


def test_a_lease_is_kept_and_dropped_by_who_holds_it(db: Session) -> None:
    ada, bob = people.new_person(db, "Ada", "labeller"), people.new_person(db, "Bob", "labeller")
    ids = [face.id for face in add_faces(db, 2)]
    assert set(leases.take(db, ada, ids, blind=True)) == set(ids)
    assert leases.take(db, bob, ids, blind=True) == {}
    assert leases.keep(db, bob, ids) == {}
    leases.drop(db, bob, ids)
    assert set(leases.keep(db, ada, ids)) == set(ids)
    leases.drop(db, ada, ids[:1])
    assert set(leases.keep(db, ada, ids)) == {ids[1]}
    assert set(leases.take(db, bob, ids, blind=True)) == {ids[0]}


def test_recall_is_counted_on_complete_photos(db: Session) -> None:
    owner = people.owner(db)
    found, wrong, *_ = add_faces(db, 4)
    photo = db.get_one(Photo, found.photo_id)
    assert counts.detector_recall(db) is None
    record_answer(db, owner, AnswerInput("1", "label", found.id, "mask"))
    record_answer(db, owner, AnswerInput("2", "reject", wrong.id))
    draw_face(db, owner, photo, (200, 200, 40, 40))
    taken_back = draw_face(db, owner, photo, (300, 200, 40, 40))
    record_answer(db, owner, AnswerInput("3", "undo", taken_back.id))
    assert counts.detector_recall(db) is None, "nobody said that the photo is complete"
    with pytest.raises(BoxesLeft) as error:
        complete_photos.complete(db, photo, owner)
    assert error.value.detail == {"left": 2}
    complete_photos.complete(db, photo, owner, reject_left=True)
    db.flush()
    states = [face.state for face in photo.faces if face.source != "human"]
    assert states == ["confirmed", "rejected", "rejected", "rejected"]
    recall = counts.detector_recall(db)
    assert recall is not None
    assert (recall["value"], recall["n"], recall["photos"]) == (0.5, 2, 1)
    assert boxes.take_next_incomplete(db, people.owner(db), 0) is None
    complete_photos.reopen(db, photo, owner)
    db.flush()
    assert boxes.take_next_incomplete(db, people.owner(db), 0) == photo.id


def test_what_merged_classes_are_given_is_added_up(db: Session) -> None:
    from labeller.answers import class_edits
    from labeller.queue.next_faces import next_faces

    owner = people.owner(db)
    class_edits.add(db, "chin", owner)
    (face,), run = add_faces(db, 1), add_live_run(db)
    add_score(db, run, face, 0.6)
    class_edits.merge(db, "mask", "chin", owner)
    (item,) = next_faces(db, owner, "label", 1).items
    assert item.guess is not None
    assert item.guess.probabilities == {"chin": 0.6, "nomask": 0.4}
    assert isinstance(item.face, Face)
