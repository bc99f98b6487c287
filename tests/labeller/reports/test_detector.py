"""The report on the detector: recall and false boxes on complete photos, its curve, and its thresholds."""

import itertools

import pytest
from sqlalchemy.orm import Session

from db.base import now
from db.box_thresholds import BoxLevel
from db.models import Event, Face, Person, Workbench
from labeller.errors import BadAnswer
from labeller.reports import detector
from labeller.reports.detector import EvaluatedBox
from tests.factories import add_faces

_groups = itertools.count()


def seen(real: bool, score: float | None, label: str | None = None, **other: object) -> EvaluatedBox:
    values = {
        "photo": 1,
        "group": next(_groups),
        "month": "2026-11",
        "side": 50.0,
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
    report = detector.report([*faces, seen(False, 0.9), seen(False, 0.1, level=BoxLevel.HIDDEN, photo=2)])
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
    assert report.false == (1.0, 0.5, 0.5)


def test_sizes_and_months_have_lines_of_their_own() -> None:
    faces = [seen(True, 0.9, side=10), seen(True, None, side=20), seen(True, 0.9, side=100, month="2026-10")]
    report = detector.report(faces)
    assert report is not None
    assert [(line.name, line.found["n"], line.found["value"]) for line in report.by_size] == [
        ("under 24 px", 2, 0.5),
        ("96 px and more", 1, 1.0),
    ]
    assert [(line.name, line.found["n"]) for line in report.by_month] == [("2026-10", 1), ("2026-11", 2)]
    assert detector.report([seen(False, 0.9)]) is None


def test_the_curve_goes_from_the_surest_box_to_all() -> None:
    boxes = [
        seen(True, 0.9, "mask"),
        seen(False, 0.8),
        seen(True, 0.8, "nomask"),
        seen(False, 0.2),
        seen(True, None, "mask"),
        seen(True, 0.1, "mask", photo=2),
    ]
    assert detector.curve(boxes, None) == [
        (0.9, 0.0, 0.25),
        (0.8, 0.5, 0.5),
        (0.2, 1.0, 0.5),
        (0.1, 1.0, 0.75),
    ]
    assert detector.curve(boxes, "mask")[-1] == (0.1, 1.0, 2 / 3)
    assert len(detector.curve([seen(True, n / 1000) for n in range(1000)], None)) <= detector.POINTS


def test_only_complete_photos_count_and_what_waits_is_left_out(db: Session, ada: Person) -> None:
    faces = add_faces(db, 5)
    for face in faces[:4]:
        face.photo.completed_at = now()
        face.confidence, face.source = 0.9, "mtcnn"
    faces[0].state, faces[0].label = "confirmed", "mask"
    faces[1].state = "rejected"
    faces[2].doubtful = True
    faces[0].face_probability = 0.7
    photo = faces[0].photo
    db.add(Face(photo_id=photo.id, x=1, y=1, w=30, h=30, proposed_box=[1, 1, 30, 30], source="human"))
    db.commit()
    found = detector.boxes_of_complete_photos(db)
    assert [(one.real, one.score) for one in found] == [
        (True, 0.7),
        (False, 0.9),
        (False, 0.9),
        (True, None),
    ]


def test_the_owner_moves_the_thresholds_within_reason(db: Session, ada: Person) -> None:
    for likely, hidden in ((0.2, 0.5), (1.5, 0.1), (0.5, -0.1), (float("nan"), 0.1)):
        with pytest.raises(BadAnswer):
            detector.set_thresholds(db, ada, likely, hidden)
    detector.set_thresholds(db, ada, 0.6, 0.1)
    db.flush()
    workbench = db.get_one(Workbench, 1)
    assert (workbench.likely_threshold, workbench.hidden_threshold) == (0.6, 0.1)
    assert db.query(Event).filter_by(kind="thresholds").one().detail == {"likely": 0.6, "hidden": 0.1}
    assert ("trainer.weigh_boxes", ()) in db.info["outbox"]
