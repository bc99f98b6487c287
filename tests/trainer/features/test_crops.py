"""Crops of boxes, and their distorted views."""

import numpy as np
import pytest

from tests.pictures import SIDE, face
from trainer.arrays import Box
from trainer.features import crops


def test_views_depend_on_the_face_and_the_number_alone() -> None:
    image = crops.crop(np.asarray(face(0, masked=False)), (0, 0, SIDE, SIDE))
    assert np.array_equal(crops.view(image, 0, 5), image)
    assert np.array_equal(crops.view(image, 1, 5), crops.view(image, 1, 5))
    assert not np.array_equal(crops.view(image, 1, 5), crops.view(image, 2, 5))
    assert not np.array_equal(crops.view(image, 1, 5), crops.view(image, 1, 6))


@pytest.mark.parametrize(
    "box", [(-10.0, 40.0, 40.0, 40.0), (60.0, 60.0, 80.0, 80.0), (-50.0, -50.0, 20.0, 20.0)]
)
def test_a_crop_is_clipped_to_the_photo(box: Box) -> None:
    photo = np.full((100, 100, 3), 200, np.uint8)
    photo[40:60, 40:60] = 10
    for cut in (crops.crop(photo, box), crops.tight(photo, box)):
        assert cut.shape == (160, 160, 3)
        assert (cut > 0).all()
    wide = crops.crop(photo, (40.0, 40.0, 20.0, 20.0))
    assert (wide[0] == 200).all(), "10 % margin on each side"
    assert (crops.tight(photo, (40.0, 40.0, 20.0, 20.0)) == 10).all()
