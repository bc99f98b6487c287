"""The review plan: its mix, its reasons, and which faces are never in it."""

from collections import Counter

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import now
from db.face_rows import insert_for_faces
from db.messages import a_class
from db.models import Event, Face, Pick, Run, Score, Workbench
from tests import labelled
from tests.labelled import sqlite_only
from trainer.features import networks
from trainer.features.networks import Network
from trainer.selection import review_plan
from trainer.selection.weak_slices import WeakSlices, weakest_slices

NETWORK = Network("planted", False, None)  # type: ignore[arg-type] # nothing is to be embedded

pytestmark = [pytest.mark.slow, sqlite_only]


def pool(db: Session, count: int, people: int = 0) -> tuple[Run, list[Face]]:
    """Scored and embedded faces that wait, near repeats in tens; a live run."""
    faces = labelled.add_labelled_faces(db, count, people)
    run = Run(recipe={}, seed=0, classes=[1, 2], status="done", metrics={}, finished_at=now())
    db.add(run)
    db.flush()
    db.add(Workbench(id=1, live_run_id=run.id))
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(count // 10 + 1, 1280))
    vectors = [centres[index // 10] + rng.normal(0, 0.05, 1280) for index in range(count)]
    scores = []
    for index, face in enumerate(faces):
        face.state, face.label, face.decided_at, face.waiting = "proposed", None, None, True
        margin = index / count
        probabilities = [(1 + margin) / 2, (1 - margin) / 2]
        label = ("mask", "nomask")[index % 3 == 0]
        score = {"run_id": run.id, "face_id": face.id, "box_version": 1, "label": label, "margin": margin}
        scores.append(score | {"probabilities": probabilities})
    db.flush()
    labelled.add_features(db, faces, vectors, NETWORK.id)
    insert_for_faces(db, Score, scores)
    db.commit()
    return run, faces


def test_a_batch_has_the_mix_of_the_settings(db: Session) -> None:
    run, _ = pool(db, 600)
    picks = review_plan.plan(db, run, NETWORK, {})
    first = Counter(pick.reason for pick in picks[: review_plan.BATCH])
    assert first["control"] == review_plan.BATCH // 10
    assert first["novel"] == 1
    assert first["uncertain"] >= 14
    assert len({pick.face_id for pick in picks}) == len(picks), "no face twice"
    assert [pick.rank for pick in picks] == list(range(1, len(picks) + 1))


def test_uncertain_picks_are_the_least_sure_but_not_near_repeats(db: Session) -> None:
    run, faces = pool(db, 600)
    index = {face.id: n for n, face in enumerate(faces)}
    picks = [pick for pick in review_plan.plan(db, run, NETWORK, {}) if pick.reason == "uncertain"][:14]
    clumps = [index[pick.face_id] // 10 for pick in picks]
    assert sorted(clumps) == list(range(14)), (
        "one of each of the least sure; plain margin takes ten near repeats"
    )


def test_no_locked_answered_or_hidden_face_is_chosen_but_a_hidden_one_as_a_box(db: Session) -> None:
    run, faces = pool(db, 300)
    answered, hidden = faces[2], faces[3]
    answered.decided_at = now()
    for face in faces[3:60]:
        face.doubtful = face.hidden = True
    db.commit()
    picks = review_plan.plan(db, run, NETWORK, {})
    by_id = {face.id: face for face in faces}
    assert {by_id[pick.face_id].photo.group.split for pick in picks} == {"train", "validation"}
    assert answered.id not in [pick.face_id for pick in picks]
    assert {pick.reason for pick in picks if by_id[pick.face_id].hidden} == {"box"}
    assert hidden.hidden


def test_unlikely_boxes_come_the_surest_of_the_first_detector_first_and_every_fourth_is_hidden(
    db: Session,
) -> None:
    run, faces = pool(db, 100)
    unlocked = [face for face in faces if face.photo.group.split != "locked"][:30]
    for n, face in enumerate(unlocked):
        face.doubtful, face.hidden, face.confidence = True, n >= 25, 0.01 * n
        face.source = "mtcnn" if 15 <= n < 25 else "centerface"
    db.commit()
    boxes = [pick.face_id for pick in review_plan.plan(db, run, NETWORK, {}) if pick.reason == "box"]
    hidden = {face.id for face in unlocked[25:]}
    shown = [id for id in boxes if id not in hidden]
    assert shown[:5] == [face.id for face in unlocked[14:9:-1]]
    assert {boxes.index(id) % 4 for id in boxes[:9] if id in hidden} == {0}


def test_a_weak_class_gets_more_picks(db: Session) -> None:
    run, faces = pool(db, 400, people=20)
    sure = {"n": 50, "recall": {"value": 0.97, "low": 0.9, "high": 0.99, "n": 50}}
    poor = {"n": 50, "recall": {"value": 0.7, "low": 0.6, "high": 0.8, "n": 50}}
    person = next(face.photo.person_id for face in faces if face.photo.group.split == "train")
    slices = [{"by": "person", "name": str(person), "n": 20, "accuracy": {"value": 0.5, "n": 40}}]
    folds = {
        "per_class": {"1": sure, "2": poor},
        "balanced_accuracy": {"value": 0.84},
        "slices": slices,
    }
    assert weakest_slices({"locked": None, "cross_validated": folds}) == WeakSlices(2, person)
    picks = review_plan.plan(db, run, NETWORK, {"cross_validated": folds})
    labels = dict(db.execute(select(Score.face_id, Score.label)).tuples().all())
    weak = [pick for pick in picks if pick.reason == "weak_class"]
    assert weak
    assert {labels[pick.face_id] for pick in weak} == {"nomask"}
    assert all(pick.detail == {"label": a_class(2)} for pick in weak)


def test_the_plan_is_refilled_when_it_runs_low_and_records_its_rule(
    db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "network_of", lambda session, run: NETWORK)
    run, _faces = pool(db, 600)
    review_plan.refill(db)
    first = db.scalars(select(Pick.face_id)).all()
    review_plan.refill(db)
    assert db.scalars(select(Pick.face_id)).all() == first, "there is enough"
    for face in db.scalars(select(Face).where(Face.id.in_(first[: len(first) - 5]))):
        face.decided_at, face.waiting = now(), False
    db.commit()
    review_plan.refill(db)
    picks = db.scalars(select(Pick.face_id)).all()
    assert len(picks) > len(first)
    assert len(set(picks)) == len(picks)
    events = db.scalars(select(Event).where(Event.kind == "selected")).all()
    assert events[0].detail["run"] == run.id
    assert "herding" in events[0].detail["rule"]
    assert sum(events[0].detail["counts"].values()) == len(first)


def test_without_a_model_typical_faces_are_planned(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "shared", lambda: NETWORK)
    _, faces = pool(db, 300)
    db.get_one(Workbench, 1).live_run_id = None
    db.commit()
    review_plan.refill(db)
    picks = db.scalars(select(Pick).order_by(Pick.rank)).all()
    assert Counter(pick.reason for pick in picks) == {"typical": review_plan.BATCH}
    index = {face.id: n for n, face in enumerate(faces)}
    clusters = Counter(index[pick.face_id] // 10 for pick in picks)
    assert max(clusters.values()) == 1, "one of each"
    assert "density" in db.scalars(select(Event).where(Event.kind == "selected")).one().detail["rule"]


def test_without_a_model_no_locked_face_is_planned(db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "shared", lambda: NETWORK)
    _, faces = pool(db, 100)
    db.get_one(Workbench, 1).live_run_id = None
    for number, face in enumerate(faces):
        face.photo.group.split = "train" if number < review_plan.BATCH + 5 else "locked"
    db.commit()
    review_plan.refill(db)
    picks = db.scalars(select(Pick)).all()
    assert len(picks) == review_plan.BATCH
    splits = {face.id: face.photo.group.split for face in faces}
    assert {splits[pick.face_id] for pick in picks} == {"train"}
