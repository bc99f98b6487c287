"""Types of arrays and boxes, and the two array operations that several packages share."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
Float32Array = NDArray[np.float32]
Image = NDArray[np.uint8]
"""RGB pixels (h, w, 3)."""
Box = tuple[float, float, float, float]
"""(x, y, w, h) in pixels of the photo."""


def unit(features: NDArray[np.floating]) -> Float32Array:
    """Rows (n, d) scaled to length 1: a feature's length varies with contrast and picture size."""
    rows = np.asarray(features, np.float32)
    return np.asarray(rows / np.maximum(1e-9, np.linalg.norm(rows, axis=1, keepdims=True)), np.float32)


def softmax(logits: ArrayLike) -> FloatArray:
    """Row-wise softmax of logits (n, classes)."""
    z = np.asarray(logits, np.float64)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))
