"""The box head learns from answers and scores proposals; the owner's thresholds decide their level."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from db.models import Face, Workbench
from tests import labelled
from tests.labelled import sqlite_only
from trainer.box_ranking import box_head, boxes
from trainer.features import networks
from trainer.features.feature_store import BOX_HEAD_VIEWS
from trainer.features.networks import Network

NETWORK = Network("planted", False, None)  # type: ignore[arg-type] # no test embeds anything

pytestmark = [pytest.mark.slow, sqlite_only]


@pytest.fixture
def proposals(db: Session, monkeypatch: pytest.MonkeyPatch) -> list[Face]:
    """160 proposals, even ones faces and odd ones not, separable by their features; 100 are answered."""
    monkeypatch.setattr(networks, "shared", lambda: NETWORK)
    faces = labelled.add_labelled_faces(db, 160)
    vectors = np.random.default_rng(0).normal(0, 0.5, (160, 1280))
    vectors[:, :40] += np.where(np.arange(160) % 2, -1, 1)[:, None]
    for index, face in enumerate(faces):
        face.confidence, face.waiting = 0.6, index >= 100
        if index >= 100:
            face.state, face.label, face.decided_at = "proposed", None, None
        elif index % 2:
            face.state, face.label = "rejected", None
    labelled.add_features(db, faces, vectors, NETWORK.id, tuple(BOX_HEAD_VIEWS))
    return faces


def levels(db: Session, faces: list[Face]) -> list[tuple[bool, bool]]:
    """(doubtful, hidden) of each face."""
    for face in faces:
        db.refresh(face)
    return [(face.doubtful, face.hidden) for face in faces]


def test_waiting_proposals_are_sorted_by_the_answers_so_far(db: Session, proposals: list[Face]) -> None:
    run = labelled.add_finished_run(db)
    boxes.train_box_head(db, run.id)
    boxes.train_box_head(db, run.id)  # the message may be delivered twice
    db.refresh(run)
    assert run.box_head is not None
    faces, others = proposals[100::2], proposals[101::2]
    assert set(levels(db, faces)) == {(False, False)}
    assert all(doubtful for doubtful, _ in levels(db, others))
    assert min(face.face_probability or 0 for face in faces) > max(
        face.face_probability or 1 for face in others
    )
    assert all(face.face_probability is not None for face in proposals[:100]), (
        "the detector's report needs them"
    )
    assert proposals[0].doubtful is False, "answered boxes keep their level"


def test_a_new_proposal_is_scored_by_the_newest_head(db: Session, proposals: list[Face]) -> None:
    boxes.score_proposals(db, rescore=False)
    assert proposals[100].face_probability is None, "there is no head yet"
    boxes.train_box_head(db, labelled.add_finished_run(db).id)
    labelled.add_finished_run(db)  # a later run without a head
    latest = proposals[-1]
    latest.face_probability = None
    db.commit()
    boxes.score_proposals(db, rescore=False)
    assert levels(db, [latest])[0][0]
    assert latest.face_probability is not None


def test_the_owners_thresholds_decide_the_level(db: Session, proposals: list[Face]) -> None:
    boxes.train_box_head(db, labelled.add_finished_run(db).id)
    db.add(Workbench(id=1, likely_threshold=1.0, hidden_threshold=1.0))
    db.commit()
    boxes.score_proposals(db, rescore=True)
    assert set(levels(db, proposals[100:])) == {(True, True)}
    db.get_one(Workbench, 1).hidden_threshold = 0.0
    db.commit()
    boxes.score_proposals(db, rescore=True)
    assert set(levels(db, proposals[100:])) == {(True, False)}


def test_too_few_answers_change_nothing(db: Session, proposals: list[Face]) -> None:
    for face in proposals[40:100]:
        face.state, face.label, face.decided_at = "proposed", None, None
    db.commit()
    run = labelled.add_finished_run(db)
    boxes.train_box_head(db, run.id)
    db.refresh(run)
    assert run.box_head is None
    assert {face.face_probability for face in proposals} == {None}
    boxes.train_box_head(db, run.id + 1)  # a run that does not exist


def test_faces_whose_features_are_gone_are_left_out(
    db: Session, proposals: list[Face], monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes.train_box_head(db, labelled.add_finished_run(db).id)
    before = proposals[100].face_probability
    monkeypatch.setattr(networks, "shared", lambda: Network("another", False, None))  # type: ignore[arg-type]
    monkeypatch.setattr(
        "trainer.features.feature_store._batches", lambda session, missing: iter(())
    )  # as if all faces were erased
    boxes.score_proposals(db, rescore=True)
    db.refresh(proposals[100])
    assert proposals[100].face_probability == before


def test_a_proposal_that_overlaps_a_confirmed_face_loses_probability(
    db: Session, proposals: list[Face]
) -> None:
    run, proposal = labelled.add_finished_run(db), proposals[100]
    boxes.train_box_head(db, run.id)
    db.refresh(proposal)
    before = proposal.face_probability or 0.5
    confirmed = proposals[0]
    confirmed.photo_id, confirmed.x = proposal.photo_id, proposal.x + 5
    confirmed.y, confirmed.w, confirmed.h = proposal.y, proposal.w, proposal.h
    db.commit()
    boxes.score_proposals(db, rescore=True)
    db.refresh(proposal)
    after = proposal.face_probability or 0.5
    lost = np.log(before / (1 - before)) - np.log(after / (1 - after))
    assert lost == pytest.approx(box_head.OVERLAP_PENALTY * 55 / 65, rel=1e-3), "both are 60 wide, 5 apart"
