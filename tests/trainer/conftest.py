"""Fixtures for the tests of features and of models."""

import numpy as np
import pytest

from tests.pictures import SIDE, face
from trainer.features import crops


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """32 crops of as many people, by turns bare and masked."""
    pictures = [np.asarray(face(number, number % 2 == 1)) for number in range(32)]
    return np.stack([crops.crop(picture, (0, 0, SIDE, SIDE)) for picture in pictures])
