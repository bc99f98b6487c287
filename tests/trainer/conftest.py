"""Fixtures for tests of features and models."""

import numpy as np
import pytest

from tests.pictures import SIDE, face
from trainer.features import crops


@pytest.fixture(scope="module")
def face_crops() -> np.ndarray:
    """RGB crops (32, 160, 160, 3) of 32 people, every other one masked."""
    pictures = [np.asarray(face(number, number % 2 == 1)) for number in range(32)]
    return np.stack([crops.crop(picture, (0, 0, SIDE, SIDE)) for picture in pictures])
