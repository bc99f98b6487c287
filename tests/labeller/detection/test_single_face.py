"""Which detection is the single obvious face of a photo."""

import pytest

pytestmark = pytest.mark.slow


def test_the_dominant_or_only_likely_detection_is_the_single_face() -> None:
    from labeller.detection.mtcnn import Detection
    from labeller.detection.single_face import pick_single_face

    def detection(confidence: float, side: float) -> Detection:
        return Detection((0, 0, side, side), confidence, {})

    assert pick_single_face([]) is None
    assert pick_single_face([detection(0.5, 50)]) == 0
    assert pick_single_face([detection(0.99, 50), detection(0.4, 80)]) == 0, "one likely face"
    assert pick_single_face([detection(0.99, 50), detection(0.98, 60)]) is None
    assert pick_single_face([detection(0.99, 20), detection(0.98, 60)]) == 1, "nine times the area"
    assert pick_single_face([detection(0.95, 20), detection(0.6, 60)]) == 1, "a badge and a masked face"
    assert pick_single_face([detection(0.6, 50), detection(0.55, 50)]) is None
