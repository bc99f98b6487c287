"""Answers to boxes, learned: what waits is weighed, hidden and shown, and the owner's thresholds count."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from db.models import Face, Workbench
from tests import labelled
from tests.labelled import sqlite_only
from trainer.box_ranking import box_head, boxes
from trainer.features import networks
from trainer.features.feature_store import WITHIN
from trainer.features.networks import Network

NETWORK = Network("planted", False, None)  # type: ignore[arg-type] # nothing is to be embedded

pytestmark = [pytest.mark.slow, sqlite_only]


@pytest.fixture
def proposals(db: Session, monkeypatch: pytest.MonkeyPatch) -> list[Face]:
    """160 proposals, by turns a face and none, of which the features tell; 100 of them answered."""
    monkeypatch.setattr(networks, "shared", lambda: NETWORK)
    faces = labelled.add_labelled_faces(db, 160)
    vectors = np.random.default_rng(0).normal(0, 0.5, (160, 1280))
    vectors[:, :40] += np.where(np.arange(160) % 2, -1, 1)[:, None]
    for place, face in enumerate(faces):
        face.confidence, face.waiting = 0.6, place >= 100
        if place >= 100:
            face.state, face.label, face.decided_at = "proposed", None, None
        elif place % 2:
            face.state, face.label = "rejected", None
    labelled.add_features(db, faces, vectors, NETWORK.id, tuple(WITHIN))
    return faces


def weighed(db: Session, faces: list[Face]) -> list[tuple[bool, bool]]:
    """(doubtful, hidden) of each."""
    for face in faces:
        db.refresh(face)
    return [(face.doubtful, face.hidden) for face in faces]


def test_what_waits_is_sorted_by_what_was_answered(db: Session, proposals: list[Face]) -> None:
    run = labelled.add_finished_run(db)
    boxes.learn(db, run.id)
    boxes.learn(db, run.id)  # the same message again
    db.refresh(run)
    assert run.box_head is not None
    real, none = proposals[100::2], proposals[101::2]
    assert set(weighed(db, real)) == {(False, False)}
    assert all(doubtful for doubtful, _ in weighed(db, none))
    assert min(face.face_probability or 0 for face in real) > max(face.face_probability or 1 for face in none)
    assert all(face.face_probability is not None for face in proposals[:100]), "the report needs them, too"
    assert proposals[0].doubtful is False, "what is answered stays as it was"


def test_a_new_proposal_is_weighed_by_the_head_there_is(db: Session, proposals: list[Face]) -> None:
    boxes.weigh(db, again=False)
    assert proposals[100].face_probability is None, "there is no head yet"
    boxes.learn(db, labelled.add_finished_run(db).id)
    labelled.add_finished_run(db)  # a later run has none: answers were too few for it, or it never came to it
    latest = proposals[-1]
    latest.face_probability = None
    db.commit()
    boxes.weigh(db, again=False)
    assert weighed(db, [latest])[0][0]
    assert latest.face_probability is not None


def test_the_owners_thresholds_count(db: Session, proposals: list[Face]) -> None:
    boxes.learn(db, labelled.add_finished_run(db).id)
    db.add(Workbench(id=1, likely_threshold=1.0, hidden_threshold=1.0))
    db.commit()
    boxes.weigh(db, again=True)
    assert set(weighed(db, proposals[100:])) == {(True, True)}
    db.get_one(Workbench, 1).hidden_threshold = 0.0
    db.commit()
    boxes.weigh(db, again=True)
    assert set(weighed(db, proposals[100:])) == {(True, False)}


def test_few_answers_change_nothing(db: Session, proposals: list[Face]) -> None:
    for face in proposals[40:100]:
        face.state, face.label, face.decided_at = "proposed", None, None
    db.commit()
    run = labelled.add_finished_run(db)
    boxes.learn(db, run.id)
    db.refresh(run)
    assert run.box_head is None
    assert {face.face_probability for face in proposals} == {None}
    boxes.learn(db, run.id + 1)  # a run that is gone


def test_faces_whose_features_are_gone_are_left_out(
    db: Session, proposals: list[Face], monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes.learn(db, labelled.add_finished_run(db).id)
    before = proposals[100].face_probability
    monkeypatch.setattr(networks, "shared", lambda: Network("another", False, None))  # type: ignore[arg-type]
    monkeypatch.setattr(
        "trainer.features.feature_store._batches", lambda session, missing: iter(())
    )  # as if all were erased
    boxes.weigh(db, again=True)
    db.refresh(proposals[100])
    assert proposals[100].face_probability == before


def test_beside_a_confirmed_face_a_second_box_on_it_is_doubted(db: Session, proposals: list[Face]) -> None:
    run, real = labelled.add_finished_run(db), proposals[100]
    boxes.learn(db, run.id)
    db.refresh(real)
    before = real.face_probability or 0.5
    sure = proposals[0]
    sure.photo_id, sure.x, sure.y, sure.w, sure.h = real.photo_id, real.x + 5, real.y, real.w, real.h
    db.commit()
    boxes.weigh(db, again=True)
    db.refresh(real)
    after = real.face_probability or 0.5
    lost = np.log(before / (1 - before)) - np.log(after / (1 - after))
    assert lost == pytest.approx(box_head.CROWDED * 55 / 65, rel=1e-3), "both are 60 wide, 5 apart"
