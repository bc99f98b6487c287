"""Real MTCNN on real pixels."""

import numpy as np
import pytest

from tests.pictures import portrait

pytestmark = pytest.mark.slow


def test_the_face_is_found_with_or_without_a_mask() -> None:
    from labeller.detection.mtcnn import detect

    for seed in range(6):
        best = detect(np.asarray(portrait(seed, seed % 2 == 1)))[0]
        assert best.confidence > 0.8
        x, y, w, h = best.box
        assert 50 < w < 160
        eye_x, eye_y = best.keypoints["left_eye"]
        assert x < eye_x < x + w
        assert y < eye_y < y + h


def test_a_tight_crop_is_found_by_the_second_look() -> None:
    from labeller.detection.mtcnn import detect

    photo = portrait(0, masked=False)
    x, y, w, h = detect(np.asarray(photo))[0].box
    tight = np.asarray(photo.crop((round(x), round(y), round(x + w), round(y + h))))
    best = detect(tight)[0]
    assert best.confidence > 0.5
    assert best.box[2] > 0.6 * tight.shape[1]


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (1, 600), (640, 480)])
def test_a_picture_without_a_face_has_no_proposals(size: tuple[int, int]) -> None:
    from labeller.detection.mtcnn import detect

    assert [one for one in detect(np.full((*size, 3), 128, np.uint8)) if one.confidence > 0.5] == []
