"""Which faces are worth a person's next second. Pure: arrays in, arrays out."""

import numpy as np
from numpy.typing import NDArray


def margins(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Best minus second-best probability (n,) of (n, classes): 0 where the model cannot decide."""
    two = np.partition(probabilities, -2, axis=1)[:, -2:]
    return np.asarray(two[:, 1] - two[:, 0])
