"""Crops of boxes, and their distorted views."""

import numpy as np
import pytest

from trainer.arrays import Box
from trainer.features import crops


def test_views_differ_from_each_other_and_repeat_themselves(images: np.ndarray) -> None:
    one = images[0]
    assert np.array_equal(crops.view(one, 0, 5), one)
    assert np.array_equal(crops.view(one, 1, 5), crops.view(one, 1, 5))
    assert not np.array_equal(crops.view(one, 1, 5), crops.view(one, 2, 5))
    assert not np.array_equal(crops.view(one, 1, 5), crops.view(one, 1, 6))


@pytest.mark.parametrize(
    "box", [(-10.0, 40.0, 40.0, 40.0), (60.0, 60.0, 80.0, 80.0), (-50.0, -50.0, 20.0, 20.0)]
)
def test_a_crop_holds_only_what_the_photo_has(box: Box) -> None:
    photo = np.full((100, 100, 3), 200, np.uint8)
    photo[40:60, 40:60] = 10
    for cut in (crops.crop(photo, box), crops.tight(photo, box)):
        assert cut.shape == (160, 160, 3)
        assert (cut > 0).all()
    wide = crops.crop(photo, (40.0, 40.0, 20.0, 20.0))
    assert (wide[0] == 200).all(), "10 % of it on each side"
    assert (crops.tight(photo, (40.0, 40.0, 20.0, 20.0)) == 10).all()
