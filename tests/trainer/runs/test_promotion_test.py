"""Whether a candidate goes live: compared with the live model on faces that neither learned from."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import classes
from db.messages import message
from db.models import Embedding, Face, Outcome, Person, Photo, Run
from labeller.answers import class_edits
from labeller.people import people
from tests.factories import add_faces
from trainer.data.dataset import Dataset, collect
from trainer.evaluation.paired_test import FIRST_MODEL
from trainer.evaluation.report import ModelOutputs, audit_rows, run_metrics
from trainer.features.networks import Network
from trainer.models.head import Head
from trainer.runs import promotion_test
from trainer.runs.promotion_test import compare_with_live, slow_decline

CLASSES = ("mask", "nomask")
BACKBONE = "kept"
PEOPLE = 12

pytestmark = pytest.mark.parametrize("db", ["sqlite"], indirect=True)


def add_people(db: Session, split: str, count: int = PEOPLE) -> None:
    """People with one face of each class, whose features say which class it is."""
    for number in range(count):
        person = Person(name=f"{split} {number}", role="friend")
        db.add(person)
        for column, (face, label) in enumerate(zip(add_faces(db, 2, split), CLASSES, strict=True)):
            face.state, face.label = "confirmed", label
            db.get_one(Photo, face.photo_id).person = person
            vector = np.eye(1, 1280, column, dtype="<f2")
            db.add(
                Embedding(face_id=face.id, box_version=1, backbone=BACKBONE, view=0, vector=vector.tobytes())
            )
    db.commit()


def add_run(db: Session, swapped: bool = False) -> Run:
    """A run whose head is right about every face, or `swapped`: about none."""
    kernel = 9 * np.eye(1280, 2, dtype=np.float32)
    head = Head(kernel[:, ::-1] if swapped else kernel, np.zeros(2, np.float32))
    run = Run(recipe={}, seed=0, classes=[1, 2], status="done", backbone=BACKBONE, head=head.as_dict())
    db.add(run)
    db.commit()
    return run


def outputs_of(data: Dataset, right: float) -> ModelOutputs:
    """A candidate that is right about the first `right` share of the rows and wrong about the others."""
    is_right = np.arange(len(data.rows)) < right * len(data.rows)
    sign = np.where(is_right == (data.labels == 0), 3.0, -3.0)
    part = np.where(data.where("locked"), "locked", "fold")
    logits = np.stack([sign, -sign], axis=1).astype(np.float32)
    return ModelOutputs(part, logits, 1.0, np.ones(len(sign)))


@pytest.fixture(autouse=True)
def kept_features(monkeypatch: pytest.MonkeyPatch) -> None:
    """The live model reads features that are stored: no network is loaded."""
    network = Network(BACKBONE, False, None)  # type: ignore[arg-type]
    monkeypatch.setattr(promotion_test, "network_of", lambda session, run: network)


def decide(db: Session, live: Run | None, right: float) -> promotion_test.PromotionDecision:
    data = collect(db, [1, 2], classes.read(db))
    return compare_with_live(db, live, data, outputs_of(data, right), lambda share: None)


def test_the_first_model_goes_live_whatever_it_says(db: Session) -> None:
    add_people(db, "locked")
    decision = decide(db, None, 0.0)
    assert (decision.promote, decision.reason, decision.figures) == (True, message(FIRST_MODEL), None)
    headless = Run(recipe={}, seed=0, classes=[1, 2], status="done")
    assert decide(db, headless, 0.0) == decision


def test_the_locked_faces_are_predicted_by_the_live_model_as_it_is_now(db: Session) -> None:
    add_people(db, "locked")
    add_people(db, "train")
    better = decide(db, add_run(db, swapped=True), 1.0)
    assert better.promote
    assert "Better" in better.reason["text"]
    assert better.figures is not None
    assert (better.figures["n"], better.figures["persons"]) == (24, 12)
    assert better.figures["difference"]["value"] == pytest.approx(1.0)
    worse = decide(db, add_run(db), 0.0)
    assert not worse.promote
    assert worse.figures is not None
    assert worse.figures["difference"]["value"] == pytest.approx(-1.0)
    equal = decide(db, add_run(db), 1.0)
    assert equal.promote
    assert "told apart" in equal.reason["text"]


def test_a_candidate_that_is_wrong_once_cannot_be_told_apart_and_goes_live(db: Session) -> None:
    add_people(db, "locked")
    data = collect(db, [1, 2], classes.read(db))
    outputs = outputs_of(data, 23 / 24)
    decision = compare_with_live(db, add_run(db), data, outputs, lambda share: None)
    assert decision.figures is not None
    assert decision.figures["difference"]["value"] < 0
    assert decision.promote
    assert "told apart" in decision.reason["text"]


def test_a_class_renamed_since_the_live_run_is_the_same_class(db: Session) -> None:
    add_people(db, "locked")
    live, owner = add_run(db), people.owner(db)
    class_edits.rename(db, "mask", "covered", owner)
    db.commit()
    data = collect(db, [1, 2], classes.read(db))
    decision = compare_with_live(db, live, data, outputs_of(data, 1.0), lambda share: None)
    assert decision.figures is not None
    assert decision.figures["difference"]["value"] == pytest.approx(0.0)


def add_outcomes(db: Session, live: Run, faces: list[Face], part: str = "fold") -> None:
    """What the live run predicted: the label of each face."""
    for face in faces:
        label = 1 + CLASSES.index(str(face.label))
        db.add(
            Outcome(run_id=live.id, face_id=face.id, part=part, truth=label, label=label,
                    probabilities=[1, 0], label_probability=1.0, group_id=1)
        )  # fmt: skip
    db.commit()


def test_what_both_predicted_out_of_fold_counts_with_the_locked_faces(db: Session) -> None:
    add_people(db, "locked")
    add_people(db, "train")
    live = add_run(db)
    faces = list(db.scalars(select(Face).order_by(Face.id)))
    add_outcomes(db, live, faces[2 * PEOPLE : 3 * PEOPLE])
    decision = decide(db, live, 1.0)
    assert decision.figures is not None
    assert (decision.figures["n"], decision.figures["persons"]) == (3 * PEOPLE, PEOPLE + PEOPLE // 2)


def test_too_few_people_decide_nothing(db: Session) -> None:
    add_people(db, "train")
    live, other = add_run(db), add_run(db)
    faces = list(db.scalars(select(Face).order_by(Face.id)))
    add_outcomes(db, live, faces[:8])  # of four people
    add_outcomes(db, live, faces[8:], part="locked")
    add_outcomes(db, other, faces)
    decision = decide(db, live, 0.0)
    assert (decision.promote, decision.figures) == (True, None)
    assert "too few faces" in decision.reason["text"]


def test_a_row_that_the_candidate_predicted_nothing_for_is_not_compared(db: Session) -> None:
    add_people(db, "train")
    live = add_run(db)
    add_outcomes(db, live, list(db.scalars(select(Face).order_by(Face.id))))
    data = collect(db, [1, 2], classes.read(db))
    outputs = outputs_of(data, 1.0)
    part = outputs.part.copy()
    part[:3] = ""
    decision = compare_with_live(db, live, data, replace(outputs, part=part), lambda share: None)
    assert decision.figures is not None
    assert decision.figures["n"] == 2 * PEOPLE - 3


@pytest.mark.slow
def test_the_audit_share_is_measured_on_and_never_compared_on(db: Session) -> None:
    add_people(db, "locked", count=210)
    live, data = add_run(db), collect(db, [1, 2], classes.read(db))
    outputs = outputs_of(data, 1.0)
    audit = audit_rows(data, data.where("locked"))
    assert 110 < audit.sum() < 170, "a third of 420 faces"
    metrics = run_metrics(data, outputs)
    assert metrics["locked"]["audit"]
    assert metrics["locked"]["n"] == audit.sum()
    decision = compare_with_live(db, live, data, outputs, lambda share: None)
    assert decision.figures is not None
    assert decision.figures["n"] == 420 - audit.sum()


def test_a_slow_decline_is_said(db: Session) -> None:
    add_people(db, "locked")
    first = add_run(db)
    for _ in range(9):
        add_run(db, swapped=True)
    candidate, data = add_run(db), collect(db, [1, 2], classes.read(db))
    warning = slow_decline(db, candidate, data, outputs_of(data, 0.5), lambda share: None)
    assert warning is not None
    assert warning["values"]["run"] == first.id
    assert slow_decline(db, candidate, data, outputs_of(data, 1.0), lambda share: None) is None
    assert slow_decline(db, first, data, outputs_of(data, 0.0), lambda share: None) is None
