"""What is found follows the faces and their features."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from db import replies
from db.base import now
from db.models import Embedding, Face, Photo
from inference.similar import answer, stored
from labeller.errors import NoFeatures
from labeller.similar.ask import similar_faces
from labeller.similar.findable import SimilarFilter
from tests.factories import add_faces, add_live_run
from tests.similar_worker import NETWORK, add_features, vectors, work_here


@pytest.fixture(autouse=True)
def _worker(monkeypatch: pytest.MonkeyPatch) -> None:
    work_here(monkeypatch)


@pytest.fixture
def faces(db: Session) -> list[Face]:
    """Five faces, each less like the first than the one before it."""
    made = add_faces(db, 3) + add_faces(db, 2)
    add_features(db, made, vectors((1, 0), (9, 1), (4, 1), (2, 1), (1, 1)))
    return made


def ids(db: Session, face: Face, limit: int = 10, chosen: SimilarFilter | None = None) -> list[int]:
    return [one.face.id for one in similar_faces(db, face.id, limit, chosen or SimilarFilter())]


def test_nearest_first_and_never_the_face_itself(db: Session, faces: list[Face]) -> None:
    first, *others = faces
    assert ids(db, first) == [face.id for face in others]
    assert ids(db, first, 2) == [face.id for face in others[:2]]
    found = similar_faces(db, first.id, 1)[0]
    assert found.similarity == pytest.approx(9 / np.sqrt(82))


def test_a_twin_of_the_face_comes_first(db: Session, faces: list[Face]) -> None:
    (twin,) = add_faces(db, 1)
    add_features(db, [twin], vectors((3, 0)))
    assert ids(db, faces[0])[0] == twin.id
    assert ids(db, twin)[0] == faces[0].id


def test_deleted_rejected_hidden_and_erased_faces_never_appear(db: Session, faces: list[Face]) -> None:
    first, deleted, rejected, hidden, erased = faces
    assert len(ids(db, first)) == 4  # all are in the index
    db.execute(delete(Face).where(Face.id == deleted.id))
    rejected.state, hidden.hidden = "rejected", True
    db.commit()
    assert ids(db, first) == [erased.id]
    db.get_one(Photo, erased.photo_id).status = "erasing"
    db.commit()
    assert ids(db, first) == []


def test_a_moved_box_is_left_out_until_it_has_features_and_then_follows(
    db: Session, faces: list[Face]
) -> None:
    first, near, *others = faces
    assert ids(db, first)[0] == near.id
    near.box_version += 1
    db.commit()
    assert ids(db, first) == [face.id for face in others]
    add_features(db, [near], vectors((0, 1)))
    assert ids(db, first) == [face.id for face in (*others, near)]


def test_the_moved_box_itself_is_compared_by_its_new_features(db: Session, faces: list[Face]) -> None:
    first, *others = faces
    first.box_version += 1
    db.commit()
    with pytest.raises(NoFeatures) as refused:
        similar_faces(db, first.id, 10)
    assert refused.value.code == "no_features_yet"
    add_features(db, [first], vectors((0, 1)))
    assert ids(db, first) == [face.id for face in reversed(others)]


def test_new_faces_are_found_and_what_is_stored_is_looked_at_every_two_seconds(
    db: Session, faces: list[Face], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = faces
    ids(db, first)
    monkeypatch.setattr(stored, "LOOK_EVERY", 1000.0)
    (new,) = add_faces(db, 1)
    add_features(db, [new], vectors((1, 0)))
    assert new.id not in ids(db, first)
    monkeypatch.setattr(stored, "LOOK_EVERY", 0.0)
    assert ids(db, first) == [new.id, *(face.id for face in others)]


def test_filters_reach_past_all_that_are_nearer(db: Session, faces: list[Face]) -> None:
    many = add_faces(db, 90)
    add_features(db, many, np.repeat(vectors((1, 0)), 90, axis=0))
    faces[3].state, faces[3].label = "confirmed", "mask"
    faces[4].state, faces[4].label = "confirmed", "nomask"
    db.commit()
    assert ids(db, faces[0], 1, SimilarFilter(state="confirmed")) == [faces[3].id]
    assert ids(db, faces[0], 5, SimilarFilter(label="nomask")) == [faces[4].id]


def test_the_live_model_says_whose_features_are_compared(db: Session, faces: list[Face]) -> None:
    first, second = faces[:2]
    ids(db, first)
    for face in (first, second):
        key = {"face_id": face.id, "box_version": 1, "backbone": "tuned", "view": 0}
        db.add(Embedding(**key, vector=vectors((1, 0))[0].astype("<f2").tobytes()))
    add_live_run(db).backbone = "tuned"
    db.commit()
    assert ids(db, first) == [second.id]
    with pytest.raises(NoFeatures):
        similar_faces(db, faces[2].id, 10)


def test_damaged_features_are_as_good_as_none(db: Session, faces: list[Face]) -> None:
    first, damaged, *others = faces
    for row in db.query(Embedding).where(Embedding.face_id == damaged.id):
        row.vector = b"short"
    db.commit()
    assert ids(db, first) == [face.id for face in others]
    with pytest.raises(NoFeatures):
        similar_faces(db, damaged.id, 10)


def test_nobody_is_answered_after_their_deadline(
    db: Session, faces: list[Face], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(replies, "send", lambda *reply: sent.append(reply))
    question = {"face": faces[0].id, "limit": 1, "filter": {}, "address": "a"}
    answer.answer(db, question | {"deadline": (now() - timedelta(seconds=1)).isoformat()})
    assert sent == []
    answer.answer(db, question | {"deadline": (now() + timedelta(seconds=9)).isoformat()})
    assert len(sent) == 1


def test_without_any_features_it_says_so(db: Session) -> None:
    (face,) = add_faces(db, 1)
    with pytest.raises(NoFeatures):
        similar_faces(db, face.id, 10)
    assert stored.network_in_use(db) is None
    add_features(db, [face], vectors((1,)))
    assert stored.network_in_use(db) == NETWORK
    assert ids(db, face) == []
