"""Which detected boxes count as faces."""

import pytest
from sqlalchemy.orm import Session

from db.box_thresholds import MEASURED, BoxLevel, BoxThresholds, box_level, box_thresholds, default_thresholds
from db.models import Workbench

OWNERS = BoxThresholds(likely=0.6, hidden=0.1)


@pytest.mark.parametrize(
    ("confidence", "level"),
    [
        (0.6, BoxLevel.LIKELY),
        (0.59, BoxLevel.UNLIKELY),
        (0.1, BoxLevel.UNLIKELY),
        (0.09, BoxLevel.HIDDEN),
    ],
)
def test_the_confidence_of_the_first_detector_decides(confidence: float, level: BoxLevel) -> None:
    assert box_level(confidence, OWNERS) is level


def test_the_columns_of_a_face_say_how_it_is_shown() -> None:
    assert BoxLevel.LIKELY.columns == {"doubtful": False, "hidden": False}
    assert BoxLevel.UNLIKELY.columns == {"doubtful": True, "hidden": False}
    assert BoxLevel.HIDDEN.columns == {"doubtful": True, "hidden": True}


def test_each_of_the_owners_thresholds_replaces_its_default(db: Session) -> None:
    default = MEASURED["centerface"]
    assert box_thresholds(db) == default
    row = Workbench(id=1, likely_threshold=0.9, thresholds_of="centerface")
    db.add(row)
    db.flush()
    assert box_thresholds(db) == BoxThresholds(0.9, default.hidden, default.alone)
    row.thresholds_of = "mtcnn"
    db.flush()
    assert box_thresholds(db) == default, "they were chosen for the confidences of another detector"


def test_a_detector_that_nobody_measured_has_thresholds_too() -> None:
    assert 0 < default_thresholds("yunet").hidden < default_thresholds("yunet").likely < 1
