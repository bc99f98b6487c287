"""ROC and precision-recall curves, and calibration before and after temperature scaling."""

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

import numpy as np

from db.confidence_intervals import Z95, Interval, count_by_person, mean_share, score_interval
from trainer.arrays import BoolArray, FloatArray, IntArray, softmax
from trainer.evaluation.metrics import calibration_error, reliability

CURVE_POINTS = 60
"""Points kept of a curve; more cannot be seen on the page."""
RESAMPLES = 500
DRAWS = 200
"""Times that labels are drawn for the error of a model whose probabilities are right."""


def ranking(
    labels: IntArray, probabilities: FloatArray, groups: IntArray, classes: Sequence[str]
) -> dict[str, Any]:
    """One-vs-rest ROC and precision-recall curves by class, with the area under each and its interval.

    `labels` and `groups` are (n,), `probabilities` (n, classes). A class that is missing, or the only one, is
    left out.
    """
    curves = {}
    for index, name in enumerate(classes):
        truth = labels == index
        if truth.any() and not truth.all():
            curves[name] = _one_vs_rest(truth.astype(float), probabilities[:, index], groups)
    return curves


def _one_vs_rest(truth: FloatArray, scores: FloatArray, groups: IntArray) -> dict[str, Any]:
    _, threshold = np.unique(-scores, return_inverse=True)  # highest first; ties share one
    hits, alarms = np.bincount(threshold, truth), np.bincount(threshold, 1 - truth)
    recall, fallout = hits.cumsum() / hits.sum(), alarms.cumsum() / alarms.sum()
    precision = hits.cumsum() / (hits + alarms).cumsum()
    before = np.concatenate([[0.0], recall[:-1]])
    area = float((alarms / alarms.sum() * (before + recall) / 2).sum())
    average = float(((recall - before) * precision).sum())
    correct = (scores >= 0.5) == (truth > 0)
    positive, negative = (_effective_faces(correct[side], groups[side]) for side in (truth > 0, truth == 0))
    return {
        "n": len(truth),
        "auc": area_interval(area, positive, negative),
        "average_precision": score_interval(average, positive),
        "roc": _thinned(fallout, recall, (0.0, 0.0)),
        "pr": _thinned(recall, precision, (0.0, float(precision[0]))),
    }


def _effective_faces(correct: BoolArray, groups: IntArray) -> float:
    faces, right = count_by_person(groups, np.zeros(len(groups)), correct)
    return mean_share(right, faces).effective_faces


def area_interval(area: float, positive: float, negative: float) -> Interval:
    """95 % interval of an area under the ROC curve; it has a width even at an area of 1.

    `positive` and `negative` are effective numbers of faces. Newcombe 2006, Stat. Med. 25:559, method 5.
    """

    def is_outside(theta: float) -> bool:
        star = (positive + negative) / 2 - 1
        inside = 1 + star * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        return abs(area - theta) > Z95 * sqrt(max(0.0, theta * (1 - theta) * inside) / (positive * negative))

    return {"value": area, "low": _edge(is_outside, 0.0, area), "high": _edge(is_outside, 1.0, area)}


def _edge(is_outside: Callable[[float], bool], outside: float, inside: float) -> float:
    """Where `is_outside` turns false between the end of the scale and the value itself, by bisection."""
    if not is_outside(outside):
        return outside
    for _ in range(40):
        middle = (outside + inside) / 2
        outside, inside = (middle, inside) if is_outside(middle) else (outside, middle)
    return inside


def calibration(labels: IntArray, logits: Any, temperatures: FloatArray, groups: IntArray) -> dict[str, Any]:
    """ECE before and after temperature scaling, with bootstrap intervals over groups, and reliability bins.

    `logits` are (n, classes), `labels`, `temperatures` and `groups` (n,). `expected` is the error that a
    model whose probabilities are right would show on so many faces: the least that can be told from none.
    """
    before, after = softmax(logits), softmax(np.asarray(logits, np.float64) / temperatures[:, None])
    members = np.unique(groups, return_inverse=True)[1]
    count = int(members.max()) + 1
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), RESAMPLES)
    weights = drawn[:, members].astype(float)
    weights = weights[weights.sum(axis=1) > 0]
    return {
        "n": len(labels),
        "before": _error(labels, before, weights),
        "after": _error(labels, after, weights),
        "expected": float(np.mean(_errors_if_calibrated(after))),
        "bins": reliability(labels, after, groups),
    }


def _error(labels: IntArray, probabilities: FloatArray, weights: FloatArray) -> Interval:
    """The error with an interval that reaches 0 unless a calibrated model would hardly show so much.

    Noise adds to the error, and resampling adds it once more: below, the quantiles are mirrored.
    """
    value = float(calibration_error(labels, probabilities))
    low, high = np.percentile(calibration_error(labels, probabilities, weights), [2.5, 97.5])
    by_chance = value <= np.percentile(_errors_if_calibrated(probabilities), 97.5)
    return {
        "value": value,
        "low": 0.0 if by_chance else max(0.0, min(float(low), 2 * value - float(high))),
        "high": max(value, float(high)),
        "n": len(labels),
    }


def _errors_if_calibrated(probabilities: FloatArray) -> FloatArray:
    """Errors (DRAWS,) on labels drawn from the probabilities."""
    rng, edges = np.random.default_rng(0), probabilities.cumsum(axis=1)[:, :-1]
    draws = (rng.random((DRAWS, len(edges), 1)) > edges).sum(axis=2)
    return np.array([calibration_error(labels, probabilities) for labels in draws])


def _thinned(x: FloatArray, y: FloatArray, start: tuple[float, float]) -> list[list[float]]:
    """At most CURVE_POINTS points of a curve, evenly spaced by rank, after its start."""
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), CURVE_POINTS)).round().astype(int))
    return [list(start), *([round(float(x[i]), 4), round(float(y[i]), 4)] for i in kept)]
