"""The report on the detectors: recall and false boxes on complete photos, side by side; curve and
thresholds."""

import itertools
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from db.base import now
from db.box_thresholds import BoxLevel
from db.models import DetectorPass, Event, Face, Person, Workbench
from labeller.errors import BadAnswer
from labeller.reports import detector, detector_thresholds
from labeller.reports.detector import EvaluatedBox
from labeller.reports.detector_boxes import TOGETHER, Evaluated, differences, evaluated_detectors
from labeller.reports.rates import even_odds, mean_per_photo
from tests.factories import add_faces

_groups = itertools.count()
TWO_PHOTOS = [(1, 1), (2, 2)]


def seen(real: bool, score: float | None, label: str | None = None, **other: object) -> EvaluatedBox:
    values = {
        "photo": 1,
        "group": next(_groups),
        "month": "2026-11",
        "face_id": None,
        "side": 50.0,
        "found": score is not None,
        "level": BoxLevel.HIDDEN if score is None else BoxLevel.LIKELY,
    }
    return EvaluatedBox(real=real, label=label if real else None, score=score, **(values | other))  # type: ignore[arg-type]


def test_recall_counts_what_was_drawn_by_hand_as_missed() -> None:
    faces = [
        seen(True, 0.9, "mask"),
        seen(True, 0.3, "mask", level=BoxLevel.UNLIKELY),
        seen(True, None, "mask"),
        seen(True, 0.9, "nomask"),
    ]
    false = [seen(False, 0.9), seen(False, 0.1, level=BoxLevel.HIDDEN, photo=2)]
    report = detector.report([*faces, *false], TWO_PHOTOS)
    assert report is not None
    every, mask, nomask = report.lines
    assert (every.found["n"], every.found["value"], every.likely["value"]) == (4, 0.75, 0.5)
    assert (mask.found["n"], round(mask.found["value"], 3), round(mask.likely["value"], 3)) == (
        3,
        0.667,
        0.333,
    )
    assert nomask.found["value"] == 1
    assert nomask.found["low"] < 1, "one face proves little"
    assert report.photos == 2
    assert [one["value"] for one in report.false] == [1.0, 0.5, 0.5]
    assert all(one["low"] <= one["value"] <= one["high"] and one["n"] == 2 for one in report.false)


def test_sizes_and_months_have_lines_of_their_own() -> None:
    faces = [seen(True, 0.9, side=10), seen(True, None, side=20), seen(True, 0.9, side=100, month="2026-10")]
    report = detector.report(faces, TWO_PHOTOS)
    assert report is not None
    assert [(line.name, line.found["n"], line.found["value"]) for line in report.by_size] == [
        ("under 24 px", 2, 0.5),
        ("96 px and more", 1, 1.0),
    ]
    assert [(line.name, line.found["n"]) for line in report.by_month] == [("2026-10", 1), ("2026-11", 2)]
    assert detector.report([seen(False, 0.9)], TWO_PHOTOS) is None


def test_the_curve_goes_from_the_surest_box_to_all() -> None:
    boxes = [
        seen(True, 0.9, "mask"),
        seen(False, 0.8),
        seen(True, 0.8, "nomask"),
        seen(False, 0.2),
        seen(True, None, "mask"),
        seen(True, 0.1, "mask", photo=2),
    ]
    assert detector.curve(boxes, 2, None) == [
        (0.9, 0.0, 0.25),
        (0.8, 0.5, 0.5),
        (0.2, 1.0, 0.5),
        (0.1, 1.0, 0.75),
    ]
    assert detector.curve(boxes, 2, "mask")[-1] == (0.1, 1.0, 2 / 3)
    assert len(detector.curve([seen(True, n / 1000) for n in range(1000)], 1, None)) <= detector.POINTS


@pytest.mark.parametrize("groups", [200, 40])
def test_the_interval_of_false_boxes_a_photo_holds_the_truth(groups: int) -> None:
    rng, held = np.random.default_rng(5), 0
    for _ in range(400):
        rates = rng.gamma(1.0, 0.5, groups)  # people differ
        counts = rng.poisson(np.repeat(rates, 3))
        interval = mean_per_photo(counts, np.repeat(np.arange(groups), 3))
        held += interval["low"] <= 0.5 <= interval["high"]
    assert held / 400 >= 0.91
    none = mean_per_photo(np.zeros(60, int), np.arange(60))
    assert (none["value"], none["high"]) == (0.0, 0.05)


def test_the_fitted_threshold_is_where_a_box_is_rather_a_face_and_its_interval_holds_it() -> None:
    rng, held = np.random.default_rng(6), 0
    for _ in range(200):
        logits = rng.normal(0, 2, 150)
        real = rng.random(150) < 1 / (1 + np.exp(-1.5 * (logits + 0.5)))
        fitted = even_odds(1 / (1 + np.exp(-logits)), real, np.arange(150) // 2)
        assert fitted is not None
        held += fitted["low"] <= 1 / (1 + np.exp(0.5)) <= fitted["high"]
    assert 0.9 <= held / 200 <= 0.99


@pytest.mark.parametrize("real", [0, 14, 46, 60])
def test_a_threshold_is_fitted_only_with_enough_boxes_of_both_kinds(real: int) -> None:
    answers = np.arange(60) < real
    assert even_odds(np.linspace(0.9, 0.1, 60), answers, np.arange(60)) is None


def test_separated_boxes_have_a_threshold_between_them() -> None:
    answers = np.arange(60) < 30
    fitted = even_odds(np.where(answers, 0.9, 0.1), answers, np.arange(60))
    assert fitted is not None
    assert fitted["value"] == pytest.approx(0.5, abs=0.01)
    backwards = even_odds(np.where(answers, 0.1, 0.9), answers, np.arange(60))
    assert backwards is None


def add_passes(db: Session, photo_id: int, **boxes: list[list[float]]) -> None:
    db.add_all(
        DetectorPass(photo_id=photo_id, detector=name, boxes=rows, seconds=0.1 * (i + 1))
        for i, (name, rows) in enumerate(boxes.items())
    )


def complete_photo(db: Session) -> list[Face]:
    """Faces at x = 0, 100, 200, 300: labelled, rejected, unanswered, and drawn by hand."""
    faces = add_faces(db, 3)
    photo = faces[0].photo
    photo.completed_at = now()
    for i, face in enumerate(faces):
        face.x, face.proposed_box = 100.0 * i, [100.0 * i, 20, 50, 60]
    faces[0].state, faces[0].label = "confirmed", "mask"
    faces[1].state = "rejected"
    drawn: Any = {"x": 300, "y": 20, "w": 50, "h": 60, "proposed_box": [300, 20, 50, 60]}
    faces.append(Face(photo_id=photo.id, source="human", **drawn))
    db.add(faces[-1])
    db.flush()
    return faces


def test_each_detector_and_all_together_are_measured_against_the_answers(db: Session, ada: Person) -> None:
    faces = complete_photo(db)
    add_passes(
        db,
        faces[0].photo_id,
        centerface=[
            [0, 20, 50, 60, 0.9],
            [100, 20, 50, 60, 0.8],
            [200, 20, 50, 60, 0.7],
            [20, 200, 30, 30, 0.3],
        ],
        mtcnn=[
            [300, 20, 50, 60, 0.99],
            [200, 200, 30, 30, 0.96],
            [0, 20, 50, 60, 0.9],
            [90, 200, 30, 30, 0.5],
        ],
    )
    db.commit()
    together, centerface, mtcnn = evaluated_detectors(db)
    assert (together.detector, centerface.detector, mtcnn.detector) == (TOGETHER, "centerface", "mtcnn")
    assert [centerface.seconds, mtcnn.seconds] == [0.1, 0.2]

    def of(one: Evaluated) -> tuple[list[tuple[int | None, bool]], list[tuple[float | None, BoxLevel]]]:
        real = [(box.face_id, box.found) for box in one.boxes if box.real]
        return real, [(box.score, box.level) for box in one.boxes if not box.real]

    labelled, drawn = faces[0].id, faces[3].id
    likely, unlikely = BoxLevel.LIKELY, BoxLevel.UNLIKELY
    assert of(centerface) == ([(labelled, True), (drawn, False)], [(0.8, likely), (0.3, unlikely)]), (
        "a likely box that nobody has answered counts neither way"
    )
    assert of(mtcnn) == ([(labelled, True), (drawn, True)], [(0.96, likely), (0.5, unlikely)])
    assert of(together) == (
        [(labelled, True), (drawn, True)],
        [(0.8, likely), (0.3, unlikely), (None, unlikely)],
    ), "what only another detector is sure of is offered faintly, the rest not at all"
    assert differences([together, centerface, mtcnn], 10) == [(drawn, ["mtcnn"])]


def test_a_detector_is_measured_on_the_photos_that_it_has_seen(db: Session, ada: Person) -> None:
    first, second = complete_photo(db), complete_photo(db)
    add_passes(db, first[0].photo_id, centerface=[[0, 20, 50, 60, 0.9]], mtcnn=[])
    add_passes(db, second[0].photo_id, mtcnn=[[0, 20, 50, 60, 0.9]])
    add_passes(db, add_faces(db, 1)[0].photo_id, centerface=[])  # not complete
    db.commit()
    photos = {one.detector: len(one.photos) for one in evaluated_detectors(db)}
    assert photos == {TOGETHER: 1, "centerface": 1, "mtcnn": 2}


def test_the_owner_moves_the_thresholds_within_reason(db: Session, ada: Person) -> None:
    for likely, hidden in ((0.2, 0.5), (1.5, 0.1), (0.5, -0.1), (float("nan"), 0.1)):
        with pytest.raises(BadAnswer):
            detector_thresholds.set_thresholds(db, ada, likely, hidden)
    detector_thresholds.set_thresholds(db, ada, 0.6, 0.1)
    db.flush()
    workbench = db.get_one(Workbench, 1)
    assert (workbench.likely_threshold, workbench.hidden_threshold) == (0.6, 0.1)
    expected = {"likely": 0.6, "hidden": 0.1, "detector": "centerface"}
    assert db.query(Event).filter_by(kind="thresholds").one().detail == expected


def test_thresholds_apply_at_once_to_what_waits_of_the_first_detector(db: Session, ada: Person) -> None:
    faces = add_faces(db, 5)
    for face, confidence in zip(faces, (0.7, 0.5, 0.05, 0.05, 0.99), strict=True):
        face.confidence = confidence
    faces[3].state, faces[3].decided_at = "rejected", now()
    faces[4].source, faces[4].doubtful = "mtcnn", True
    db.commit()
    detector_thresholds.set_thresholds(db, ada, 0.6, 0.1)
    db.commit()
    db.expire_all()
    levels = [(face.doubtful, face.hidden) for face in faces]
    assert levels == [(False, False), (True, False), (True, True), (False, False), (True, False)]
