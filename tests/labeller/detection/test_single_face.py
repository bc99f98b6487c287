"""Which detection is the single obvious face of a photo."""

from db.box_thresholds import BoxThresholds
from labeller.detection.detections import Detection
from labeller.detection.single_face import pick_single_face


def pick(*faces: tuple[float, float]) -> int | None:
    """The index of the obvious one of these (confidence, side)."""
    detections = [Detection((0, 0, side, side), confidence, {}) for confidence, side in faces]
    return pick_single_face(detections, BoxThresholds(likely=0.4, hidden=0.2))


def test_the_only_likely_face_is_the_obvious_one() -> None:
    assert pick() is None
    assert pick((0.9, 50)) == 0
    assert pick((0.9, 50), (0.3, 80)) == 0
    assert pick((0.9, 50), (0.8, 60)) is None


def test_a_face_under_a_quarter_of_the_largest_does_not_count() -> None:
    assert pick((0.9, 20), (0.8, 60)) == 1, "a badge, or somebody in the background"
    assert pick((0.9, 31), (0.8, 60)) is None
    assert pick((0.9, 20), (0.8, 60), (0.7, 55)) is None


def test_without_a_likely_face_the_only_box_that_is_shown_is_it() -> None:
    assert pick((0.3, 50)) == 0
    assert pick((0.3, 50), (0.1, 50)) == 0
    assert pick((0.3, 50), (0.25, 50)) is None
    assert pick((0.1, 50)) is None
