"""Figures that can be believed: each with its n and a 95 % interval. Arrays in, plain dicts out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from db.intervals import Interval, wilson

ECE_BINS = 10
LOCKED_LEAST_PER_CLASS = 10
LOCKED_LEAST_PEOPLE = 5


def softmax(logits: ArrayLike) -> NDArray[np.float64]:
    """Row-wise softmax (n, classes)."""
    z = np.asarray(logits, np.float64)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def balanced_accuracy(recalls: Sequence[Interval]) -> Interval:
    """Mean recall; interval by MOVER from the recalls' own (Zou & Donner 2008, Stat. Med. 27:1693)."""
    value, low, high = (np.array([one[key] for one in recalls]) for key in ("value", "low", "high"))
    mean, k = float(value.mean()), len(recalls)
    below = float(np.sqrt(((value - low) ** 2).sum())) / k
    above = float(np.sqrt(((high - value) ** 2).sum())) / k
    return {"value": mean, "low": max(0.0, mean - below), "high": min(1.0, mean + above)}


def calibration_error(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> float:
    """ECE: |accuracy - confidence| over ECE_BINS equal bins of confidence, weighted by faces."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    gaps = [abs(right[bins == b].sum() - confidence[bins == b].sum()) for b in range(ECE_BINS)]
    return float(sum(gaps) / len(labels))


def temperature(labels: NDArray[np.int64], logits: ArrayLike) -> float:
    """The temperature of least log loss on held-out logits (Guo et al. 2017), from a fixed grid."""
    z = np.asarray(logits, np.float64)
    grid = np.geomspace(0.25, 8.0, 101)
    picked = np.arange(len(labels))
    losses = [-np.log(softmax(z / t)[picked, labels] + 1e-12).mean() for t in grid]
    return float(grid[int(np.argmin(losses))])


def measure(
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    groups: NDArray[np.int64],
    classes: Sequence[str],
) -> dict[str, Any]:
    """The figures of one set: labels (n,), probabilities (n, classes), person or repeat group (n,)."""
    predicted = probabilities.argmax(axis=1)
    confusion = np.zeros((len(classes), len(classes)), int)
    np.add.at(confusion, (labels, predicted), 1)
    hits, said, are = confusion.diagonal(), confusion.sum(axis=0), confusion.sum(axis=1)
    recalls = [wilson(int(h), int(n)) for h, n in zip(hits, are, strict=True)]
    present = [one for one, n in zip(recalls, are, strict=True) if n]
    return {
        "n": len(labels),
        "people": len(np.unique(groups)),
        "balanced_accuracy": balanced_accuracy(present),
        "per_class": {
            name: {"n": int(are[i]), "precision": wilson(int(hits[i]), int(said[i])), "recall": recalls[i]}
            for i, name in enumerate(classes)
        },
        "ece": calibration_error(labels, probabilities),
        "confusion": confusion.tolist(),
    }


def too_small(labels: NDArray[np.int64], groups: NDArray[np.int64], classes: Sequence[str]) -> str | None:
    """Why a locked set cannot carry a figure yet, in words; None when it can."""
    counts = np.bincount(labels, minlength=len(classes))
    people = len(np.unique(groups))
    short = [f"{name}: {n}" for name, n in zip(classes, counts, strict=True) if n < LOCKED_LEAST_PER_CLASS]
    if short:
        needed = f"The locked test set needs at least {LOCKED_LEAST_PER_CLASS} faces of each class"
        return f"{needed} before its figures mean anything (so far {', '.join(short)})."
    if people < LOCKED_LEAST_PEOPLE:
        return f"The locked test set holds {people} people; {LOCKED_LEAST_PEOPLE} are needed."
    return None
