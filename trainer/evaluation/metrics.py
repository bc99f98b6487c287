"""Figures that can be believed: each with its n and a 95 % interval. Arrays in, plain dicts out.

Faces of one person are alike, so n faces of few people say less than n faces of n people: every interval
counts n divided by the design effect of its groups (Kish 1965), never more than n.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from db.confidence_intervals import Interval, wilson
from trainer.arrays import BoolArray, FloatArray, IntArray, softmax

ECE_BINS = 10
LOCKED_LEAST_PER_CLASS = 10
LOCKED_LEAST_PEOPLE = 5


def design_effect(values: ArrayLike, groups: IntArray) -> float:
    """Variance of the mean of `values` (n,) with its groups over that of n faces on their own; at least 1.

    Linearised (Kish 1965): residuals are summed by group. Without any variance nothing can be said: 1.
    """
    x = np.asarray(values, np.float64)
    residuals = x - x.mean() if len(x) else x
    alone = float((residuals**2).sum())
    sums = np.bincount(np.unique(groups, return_inverse=True)[1], residuals)
    count = len(sums)
    if alone <= 0 or count < 2:
        return 1.0
    return max(1.0, float((sums**2).sum()) / alone * count / (count - 1))


def proportion(right: BoolArray, groups: IntArray) -> Interval:
    """Share of `right` (n,) with Wilson's interval over the effective number of faces."""
    n = len(right) / design_effect(right, groups)
    return wilson(float(right.mean()) * n if len(right) else 0.0, n)


def balanced_accuracy(recalls: Sequence[Interval]) -> Interval:
    """Mean recall; interval by MOVER from the recalls' own (Zou & Donner 2008, Stat. Med. 27:1693)."""
    value, low, high = (np.array([one[key] for one in recalls]) for key in ("value", "low", "high"))
    mean, k = float(value.mean()), len(recalls)
    below = float(np.sqrt(((value - low) ** 2).sum())) / k
    above = float(np.sqrt(((high - value) ** 2).sum())) / k
    return {"value": mean, "low": max(0.0, mean - below), "high": min(1.0, mean + above)}


def calibration_error(labels: IntArray, probabilities: FloatArray, weights: FloatArray | None = None) -> Any:
    """ECE: |accuracy - confidence| over ECE_BINS equal bins of confidence, weighted by faces.

    With `weights` (resamples, n) one figure for each resample.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = np.eye(ECE_BINS)[_bins(confidence)]
    each = np.ones(len(labels)) if weights is None else weights
    gaps = np.abs((each * (right - confidence)) @ bins)
    return gaps.sum(axis=-1) / each.sum(axis=-1)


def reliability(labels: IntArray, probabilities: FloatArray, groups: IntArray) -> list[dict[str, Any]]:
    """For each bin of confidence that holds faces: its mean confidence, n, and how often it was right."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = _bins(confidence)
    return [
        {
            "n": int(inside.sum()),
            "confidence": float(confidence[inside].mean()),
            "accuracy": proportion(right[inside], groups[inside]),
        }
        for b in range(ECE_BINS)
        if (inside := bins == b).any()
    ]


def temperature(labels: IntArray, logits: ArrayLike) -> float:
    """The temperature of least log loss on held-out logits (Guo et al. 2017), from a fixed grid."""
    z = np.asarray(logits, np.float64)
    grid = np.geomspace(0.25, 8.0, 101)
    picked = np.arange(len(labels))
    losses = [-np.log(softmax(z / t)[picked, labels] + 1e-12).mean() for t in grid]
    return float(grid[int(np.argmin(losses))])


def measure(
    labels: IntArray, probabilities: FloatArray, groups: IntArray, classes: Sequence[str]
) -> dict[str, Any]:
    """The figures of one set: labels (n,), probabilities (n, classes), person or repeat group (n,)."""
    predicted = probabilities.argmax(axis=1)
    confusion = np.zeros((len(classes), len(classes)), int)
    np.add.at(confusion, (labels, predicted), 1)
    right = predicted == labels
    recalls = [proportion(right[labels == i], groups[labels == i]) for i in range(len(classes))]
    present = [one for one, n in zip(recalls, confusion.sum(axis=1), strict=True) if n]
    return {
        "n": len(labels),
        "people": len(np.unique(groups)),
        "balanced_accuracy": balanced_accuracy(present),
        "per_class": {
            name: {
                "n": int((labels == i).sum()),
                "precision": proportion(right[predicted == i], groups[predicted == i]),
                "recall": recalls[i],
            }
            for i, name in enumerate(classes)
        },
        "ece": float(calibration_error(labels, probabilities)),
        "confusion": confusion.tolist(),
    }


def too_small(labels: IntArray, groups: IntArray, classes: Sequence[str]) -> str | None:
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


def _bins(confidence: FloatArray) -> IntArray:
    return np.minimum((confidence * ECE_BINS).astype(np.int64), ECE_BINS - 1)
