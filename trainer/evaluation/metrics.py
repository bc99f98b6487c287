"""Metrics of a classifier, each with its n and a 95 % interval. Arrays in, plain dicts out.

Faces of one person resemble each other, so n faces of few people tell less than n faces of n people: every
interval uses n divided by the design effect of the groups (Kish 1965), never more than n.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from db.confidence_intervals import Interval, wilson
from trainer.arrays import BoolArray, FloatArray, IntArray, softmax

ECE_BINS = 10
"""Equal-width bins of confidence (Guo et al. 2017 use 15; ten keep some faces in each)."""
MIN_LOCKED_PER_CLASS = 10
MIN_LOCKED_PEOPLE = 5


def design_effect(values: ArrayLike, groups: IntArray) -> float:
    """Variance of the mean of `values` (n,) in groups (n,), relative to independent faces; at least 1.

    Linearised (Kish 1965): residuals are summed by group. Without any variance it is 1.
    """
    x = np.asarray(values, np.float64)
    residuals = x - x.mean() if len(x) else x
    independent = float((residuals**2).sum())
    sums = np.bincount(np.unique(groups, return_inverse=True)[1], residuals)
    count = len(sums)
    if independent <= 0 or count < 2:
        return 1.0
    return max(1.0, float((sums**2).sum()) / independent * count / (count - 1))


def proportion(correct: BoolArray, groups: IntArray) -> Interval:
    """Share of `correct` (n,) with Wilson's interval for the effective number of faces."""
    n = len(correct) / design_effect(correct, groups)
    return wilson(float(correct.mean()) * n if len(correct) else 0.0, n)


def balanced_accuracy(recalls: Sequence[Interval]) -> Interval:
    """Mean recall; its interval combines those of the recalls by MOVER.

    Zou & Donner 2008, Stat. Med. 27:1693.
    """
    value, low, high = (np.array([recall[key] for recall in recalls]) for key in ("value", "low", "high"))
    mean, k = float(value.mean()), len(recalls)
    below = float(np.sqrt(((value - low) ** 2).sum())) / k
    above = float(np.sqrt(((high - value) ** 2).sum())) / k
    return {"value": mean, "low": max(0.0, mean - below), "high": min(1.0, mean + above)}


def calibration_error(labels: IntArray, probabilities: FloatArray, weights: FloatArray | None = None) -> Any:
    """Expected calibration error: mean |accuracy - confidence| over ECE_BINS bins, weighted by faces.

    `labels` are (n,), `probabilities` (n, classes). With `weights` (resamples, n) it is an array
    (resamples,).
    """
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = np.eye(ECE_BINS)[_bins(confidence)]
    face_weights = np.ones(len(labels)) if weights is None else weights
    gaps = np.abs((face_weights * (correct - confidence)) @ bins)
    return gaps.sum(axis=-1) / face_weights.sum(axis=-1)


def reliability(labels: IntArray, probabilities: FloatArray, groups: IntArray) -> list[dict[str, Any]]:
    """Reliability diagram: n, mean confidence and accuracy of each bin of confidence that holds faces."""
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = _bins(confidence)
    return [
        {
            "n": int(inside.sum()),
            "confidence": float(confidence[inside].mean()),
            "accuracy": proportion(correct[inside], groups[inside]),
        }
        for b in range(ECE_BINS)
        if (inside := bins == b).any()
    ]


def fit_temperature(labels: IntArray, logits: ArrayLike) -> float:
    """The temperature with the least log loss on held-out logits (n, classes), from a fixed grid.

    Temperature scaling, Guo et al. 2017.
    """
    z = np.asarray(logits, np.float64)
    grid = np.geomspace(0.25, 8.0, 101)
    rows = np.arange(len(labels))
    losses = [-np.log(softmax(z / t)[rows, labels] + 1e-12).mean() for t in grid]
    return float(grid[int(np.argmin(losses))])


def measure(
    labels: IntArray, probabilities: FloatArray, groups: IntArray, classes: Sequence[str]
) -> dict[str, Any]:
    """All metrics of one set: labels (n,), probabilities (n, classes), person or near-repeat groups (n,)."""
    predicted = probabilities.argmax(axis=1)
    confusion = np.zeros((len(classes), len(classes)), int)
    np.add.at(confusion, (labels, predicted), 1)
    correct = predicted == labels
    recalls = [proportion(correct[labels == i], groups[labels == i]) for i in range(len(classes))]
    present = [recall for recall, n in zip(recalls, confusion.sum(axis=1), strict=True) if n]
    return {
        "n": len(labels),
        "people": len(np.unique(groups)),
        "balanced_accuracy": balanced_accuracy(present),
        "per_class": {
            name: {
                "n": int((labels == i).sum()),
                "precision": proportion(correct[predicted == i], groups[predicted == i]),
                "recall": recalls[i],
            }
            for i, name in enumerate(classes)
        },
        "ece": float(calibration_error(labels, probabilities)),
        "confusion": confusion.tolist(),
    }


def too_small(labels: IntArray, groups: IntArray, classes: Sequence[str]) -> str | None:
    """Why the locked set is too small to report metrics on, in words; None if it is not."""
    counts = np.bincount(labels, minlength=len(classes))
    people = len(np.unique(groups))
    short = [f"{name}: {n}" for name, n in zip(classes, counts, strict=True) if n < MIN_LOCKED_PER_CLASS]
    if short:
        needed = f"The locked test set needs at least {MIN_LOCKED_PER_CLASS} faces of each class"
        return f"{needed} before its figures mean anything (so far {', '.join(short)})."
    if people < MIN_LOCKED_PEOPLE:
        return f"The locked test set holds {people} people; {MIN_LOCKED_PEOPLE} are needed."
    return None


def _bins(confidence: FloatArray) -> IntArray:
    return np.minimum((confidence * ECE_BINS).astype(np.int64), ECE_BINS - 1)
