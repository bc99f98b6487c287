"""How a model ranks and how sure it may be: ROC and precision-recall curves, calibration before and after."""

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np

from db.confidence_intervals import Z95, Interval, wilson
from trainer.arrays import FloatArray, IntArray, softmax
from trainer.evaluation.metrics import calibration_error, design_effect, reliability

POINTS = 60
"""Of a curve on the page; more cannot be seen."""
RESAMPLES = 500


def ranking(
    labels: IntArray, probabilities: FloatArray, groups: IntArray, classes: Sequence[str]
) -> dict[str, Any]:
    """Per class against the rest: ROC and PR curve, the area under each with its interval.

    A class that is missing, or the only one, has none.
    """
    found = {}
    for index, name in enumerate(classes):
        truth = labels == index
        if truth.any() and not truth.all():
            found[name] = _ranked(truth.astype(float), probabilities[:, index], groups)
    return found


def _ranked(truth: FloatArray, scores: FloatArray, groups: IntArray) -> dict[str, Any]:
    _, place = np.unique(-scores, return_inverse=True)  # thresholds, highest first; equal scores are one
    hits, alarms = np.bincount(place, truth), np.bincount(place, 1 - truth)
    recall, fallout = hits.cumsum() / hits.sum(), alarms.cumsum() / alarms.sum()
    precision = hits.cumsum() / (hits + alarms).cumsum()
    before = np.concatenate([[0.0], recall[:-1]])
    area = float((alarms / alarms.sum() * (before + recall) / 2).sum())
    average = float(((recall - before) * precision).sum())
    right = (scores >= 0.5) == (truth > 0)
    positive, negative = (
        of.sum() / design_effect(right[of > 0], groups[of > 0]) for of in (truth, 1 - truth)
    )
    return {
        "n": len(truth),
        "auc": area_interval(area, float(positive), float(negative)),
        "average_precision": wilson(average * float(positive), float(positive)),
        "roc": _thinned(fallout, recall, (0.0, 0.0)),
        "pr": _thinned(recall, precision, (0.0, float(precision[0]))),
    }


def area_interval(area: float, positive: float, negative: float) -> Interval:
    """95 % interval of an area under the ROC curve, not empty at 1.

    Newcombe 2006, Stat. Med. 25:559, method 5.
    """

    def far(theta: float) -> bool:
        star = (positive + negative) / 2 - 1
        inside = 1 + star * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return abs(area - theta) > Z95 * sqrt(max(0.0, theta * (1 - theta) * inside) / (positive * negative))

    return {"value": area, "low": _edge(far, 0.0, area), "high": _edge(far, 1.0, area)}


def _edge(far: Any, outside: float, inside: float) -> float:
    """Where `far` turns false between the end of the scale and the value itself."""
    if not far(outside):
        return outside
    for _ in range(40):
        middle = (outside + inside) / 2
        outside, inside = (middle, inside) if far(middle) else (outside, middle)
    return inside


def calibration(labels: IntArray, logits: Any, warmth: float, groups: IntArray) -> dict[str, Any]:
    """ECE before and after the temperature with bootstrap intervals over groups; the reliability bins."""
    before, after = softmax(logits), softmax(np.asarray(logits, np.float64) / warmth)
    members = np.unique(groups, return_inverse=True)[1]
    count = int(members.max()) + 1
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), RESAMPLES)
    weights = drawn[:, members].astype(float)
    weights = weights[weights.sum(axis=1) > 0]
    return {
        "n": len(labels),
        "temperature": warmth,
        "before": _error(labels, before, weights),
        "after": _error(labels, after, weights),
        "bins": reliability(labels, after, groups),
    }


def _error(labels: IntArray, probabilities: FloatArray, weights: FloatArray) -> Interval:
    value = float(calibration_error(labels, probabilities))
    low, high = np.percentile(calibration_error(labels, probabilities, weights), [2.5, 97.5])
    return {"value": value, "low": min(value, float(low)), "high": max(value, float(high))}


def _thinned(x: FloatArray, y: FloatArray, start: tuple[float, float]) -> list[list[float]]:
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), POINTS)).round().astype(int))
    return [list(start), *([round(float(x[i]), 4), round(float(y[i]), 4)] for i in kept)]
