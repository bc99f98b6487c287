"""Which detected boxes count as faces."""

import pytest
from sqlalchemy.orm import Session

from db.box_thresholds import DEFAULT, BoxLevel, BoxThresholds, box_level, box_thresholds
from db.models import Workbench

OWNERS = BoxThresholds(likely=0.6, hidden=0.1)


@pytest.mark.parametrize(
    ("confidence", "probability", "level"),
    [
        (0.8, None, BoxLevel.LIKELY),
        (0.79, None, BoxLevel.UNLIKELY),
        (0.4, None, BoxLevel.UNLIKELY),
        (0.39, None, BoxLevel.HIDDEN),
        (0.2, 0.6, BoxLevel.LIKELY),
        (0.99, 0.59, BoxLevel.UNLIKELY),
        (0.99, 0.1, BoxLevel.UNLIKELY),
        (0.99, 0.09, BoxLevel.HIDDEN),
    ],
)
def test_the_probability_decides_or_the_confidence_if_there_is_none(
    confidence: float, probability: float | None, level: BoxLevel
) -> None:
    assert box_level(confidence, probability, OWNERS) is level


def test_the_columns_of_a_face_say_how_it_is_shown() -> None:
    assert BoxLevel.LIKELY.columns == {"doubtful": False, "hidden": False}
    assert BoxLevel.UNLIKELY.columns == {"doubtful": True, "hidden": False}
    assert BoxLevel.HIDDEN.columns == {"doubtful": True, "hidden": True}


def test_each_of_the_owners_thresholds_replaces_its_default(db: Session) -> None:
    assert box_thresholds(db) == DEFAULT
    db.add(Workbench(id=1, likely_threshold=0.0))
    db.flush()
    assert box_thresholds(db) == BoxThresholds(likely=0.0, hidden=DEFAULT.hidden)
