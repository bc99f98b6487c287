"""Metrics of a classifier, each with its n and a 95 % interval. Arrays in, plain dicts out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from db.confidence_intervals import Interval, mean_recall, share
from trainer.arrays import BoolArray, Float32Array, FloatArray, IntArray, softmax

ECE_BINS = 10
"""Equal-width bins of confidence (Guo et al. 2017 use 15; ten keep some faces in each)."""
MIN_PEOPLE = 5
"""People of each class, or photos without a person, from which figures mean anything."""
CALIBRATION_FOLDS = 5
TEMPERATURES = (0.05, 8.0)
TEMPERATURE_PRIOR = 4.0
"""Weight of (ln T)² beside the log losses of the faces: insurance where these are few."""


def people_missing(labels: IntArray, groups: IntArray, classes: int) -> IntArray:
    """How many more people each class needs before there can be figures (classes,).

    `labels` are (n,), `groups` (n,) the persons, or the near repeats of photos without a person.
    """
    pairs = np.unique(np.stack([labels, groups]), axis=1)
    return np.asarray(np.maximum(0, MIN_PEOPLE - np.bincount(pairs[0], minlength=classes)))


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
            "accuracy": share(correct[inside], groups[inside]),
        }
        for b in range(ECE_BINS)
        if (inside := bins == b).any()
    ]


def fit_temperature(labels: IntArray, logits: ArrayLike) -> float:
    """The temperature of held-out logits (n, classes) with the least log loss and prior on ln T.

    Temperature scaling (Guo et al. 2017). The loss is a sum, so the prior fades as faces are added; without
    it, a few easy faces would end at the edge of TEMPERATURES.
    """
    from scipy.optimize import minimize_scalar  # 30 MB that pages do without

    z, rows = np.asarray(logits, np.float64), np.arange(len(labels))

    def loss(log_t: float) -> float:
        probabilities = softmax(z / np.exp(log_t))[rows, labels]
        return float(-np.log(probabilities + 1e-12).sum() + TEMPERATURE_PRIOR * log_t**2)

    best = minimize_scalar(loss, bounds=np.log(TEMPERATURES), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(best.x))


def cross_fitted_temperatures(labels: IntArray, logits: Float32Array, groups: IntArray) -> FloatArray:
    """For each face (n,) the temperature fitted on faces of other groups (n,), in CALIBRATION_FOLDS parts.

    What is calibrated so, was not used to calibrate: calibration errors can be measured on it.
    """
    members = np.unique(groups, return_inverse=True)[1]
    part = np.random.default_rng(0).permutation(members.max() + 1)[members] % CALIBRATION_FOLDS
    temperatures = np.ones(len(labels))
    for held_out in (part == k for k in range(CALIBRATION_FOLDS)):
        if held_out.any() and not held_out.all():
            temperatures[held_out] = fit_temperature(labels[~held_out], logits[~held_out])
    return temperatures


def measure(
    labels: IntArray, probabilities: FloatArray, groups: IntArray, classes: Sequence[str]
) -> dict[str, Any]:
    """All metrics of one set: labels (n,), probabilities (n, classes), person or near-repeat groups (n,).

    Every class has a face. A precision is None where its class was never predicted.
    """
    predicted = probabilities.argmax(axis=1)
    confusion = np.zeros((len(classes), len(classes)), int)
    np.add.at(confusion, (labels, predicted), 1)
    correct = predicted == labels
    return {
        "n": len(labels),
        "balanced_accuracy": mean_recall(correct, labels, groups),
        "per_class": {
            name: {
                "n": int((labels == i).sum()),
                "precision": _share_of(correct, groups, predicted == i),
                "recall": _share_of(correct, groups, labels == i),
            }
            for i, name in enumerate(classes)
        },
        "ece": float(calibration_error(labels, probabilities)),
        "confusion": confusion.tolist(),
    }


def resampled_balanced_accuracy(correct: BoolArray, labels: IntArray, face_weights: FloatArray) -> FloatArray:
    """Mean recall (resamples, ...) of `correct` (..., n); faces count by `face_weights` (resamples, n)."""
    recalls = [
        np.tensordot(face_weights[:, rows], correct[..., rows].astype(float), (1, correct.ndim - 1)).T
        / np.maximum(1, face_weights[:, rows].sum(axis=1))
        for c in np.unique(labels)
        if (rows := labels == c).any()
    ]
    return np.asarray(np.mean(recalls, axis=0).T)


def _share_of(correct: BoolArray, groups: IntArray, rows: BoolArray) -> Interval | None:
    return share(correct[rows], groups[rows])


def _bins(confidence: FloatArray) -> IntArray:
    return np.minimum((confidence * ECE_BINS).astype(np.int64), ECE_BINS - 1)
