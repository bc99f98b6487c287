"""When two boxes are of one face, and what becomes of a detector's boxes beside those that are there."""

import pytest

from db.box_thresholds import BoxLevel, BoxThresholds
from labeller.photos.box import Box
from labeller.photos.same_face import Merged, is_same_face, merge

FACE: Box = (100, 100, 40, 40)
THRESHOLDS = BoxThresholds(likely=0.4, hidden=0.2, alone=0.95)
LIKELY, UNLIKELY, HIDDEN = BoxLevel.LIKELY, BoxLevel.UNLIKELY, BoxLevel.HIDDEN


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ((100, 100, 40, 40), True),
        ((105, 104, 40, 42), True),
        ((115, 115, 40, 40), False),  # a quarter of both
        ((104, 100, 32, 22), True),  # the half above the mask
        ((115, 115, 10, 10), False),  # an eye, or somebody far behind
        ((60, 60, 120, 120), False),  # a poster around it
        ((300, 300, 40, 40), False),
    ],
)
def test_boxes_of_one_face_overlap_or_are_parts_of_each_other(other: Box, same: bool) -> None:
    assert is_same_face(FACE, other) is same
    assert is_same_face(other, FACE) is same


@pytest.mark.parametrize(
    ("known", "detections", "decides", "merged"),
    [
        # The first detector: each new box by its confidence.
        ([], [(FACE, 0.9)], True, Merged({}, {0: LIKELY})),
        ([], [(FACE, 0.4)], True, Merged({}, {0: LIKELY})),
        ([], [(FACE, 0.3)], True, Merged({}, {0: UNLIKELY})),
        ([], [(FACE, 0.1)], True, Merged({}, {0: HIDDEN})),
        # A face that is there, proposed or drawn, answered or not, gets no second box.
        ([FACE], [((104, 100, 40, 40), 0.9)], True, Merged({0: 0}, {})),
        # Two boxes on one known face: the more confident one confirms it, the other is nothing.
        ([FACE], [((104, 100, 40, 40), 0.9), ((100, 104, 40, 40), 0.8)], True, Merged({0: 0}, {})),
        # Two known boxes on one face, and one detection: the better fit.
        ([(110, 100, 40, 40), FACE], [((101, 100, 40, 40), 0.9)], True, Merged({0: 1}, {})),
        # Another detector confirms, adds what it is sure of as unlikely, and leaves out the rest.
        ([FACE], [(FACE, 0.9)], False, Merged({0: 0}, {})),
        ([FACE], [(FACE, 0.1)], False, Merged({0: 0}, {})),
        ([], [(FACE, 0.99)], False, Merged({}, {0: UNLIKELY})),
        ([], [(FACE, 0.94)], False, Merged({}, {})),
        ([], [], True, Merged({}, {})),
    ],
)
def test_the_rule_for_merging(
    known: list[Box], detections: list[tuple[Box, float]], decides: bool, merged: Merged
) -> None:
    assert merge(known, detections, THRESHOLDS, decides=decides) == merged


def test_of_two_known_boxes_on_one_face_the_answered_one_is_confirmed() -> None:
    known = [FACE, (108, 100, 40, 40)]
    merged = merge(known, [((101, 100, 40, 40), 0.9)], THRESHOLDS, decides=True, answered=[1])
    assert merged == Merged({0: 1}, {})
