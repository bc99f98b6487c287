"""Small arrays of features and probabilities to select from."""

import numpy as np
from numpy.typing import NDArray


def clumps(
    counts: list[int], width: float = 0.01, dims: int = 8
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Clusters of `counts` points around the axes (n, dims), and the cluster of each point (n,)."""
    members = np.repeat(np.arange(len(counts)), counts)
    noise = np.random.default_rng(9).normal(0, width, (len(members), dims))
    return (np.eye(dims)[members] + noise).astype(np.float32), members


def two_classes(p: list[float]) -> NDArray[np.float64]:
    """Probabilities (n, 2) of two classes, where `p` is that of the first."""
    return np.column_stack([p, 1 - np.array(p)])
