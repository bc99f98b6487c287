"""Figures against hand-worked numbers and independent implementations."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix

from trainer.evaluation.metrics import (
    balanced_accuracy,
    calibration_error,
    fit_temperature,
    measure,
    softmax,
    too_small,
    wilson,
)
from trainer.selection.strategies import margins


def test_wilson_against_published_values() -> None:
    # Newcombe 1998, Stat. Med. 17:857, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for hits, n, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ]:
        interval = wilson(hits, n)
        assert interval["low"] == pytest.approx(low, abs=1e-4)
        assert interval["high"] == pytest.approx(high, abs=1e-4)
    for n in range(1, 500):
        assert wilson(n, n)["high"] == 1.0
        assert wilson(0, n)["low"] == 0.0
    assert wilson(0, 0) == {"value": 0.0, "low": 0.0, "high": 1.0}


def test_the_interval_of_balanced_accuracy_covers_what_it_should() -> None:
    """Simulated: recalls 0.9 and 0.8 on 60 and 30 faces; about 95 % of the intervals hold 0.85."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(2000):
        recalls = [wilson(int(rng.binomial(60, 0.9)), 60), wilson(int(rng.binomial(30, 0.8)), 30)]
        figure = balanced_accuracy(recalls)
        held += figure["low"] <= 0.85 <= figure["high"]
    assert 0.93 <= held / 2000 <= 0.975


def test_measure_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 200)
    probabilities = softmax(rng.normal(size=(200, 3)) + 2 * np.eye(3)[labels])
    metrics = measure(labels, probabilities, np.arange(200) // 2, ("a", "b", "c"))
    predicted = probabilities.argmax(axis=1)
    assert metrics["balanced_accuracy"]["value"] == pytest.approx(balanced_accuracy_score(labels, predicted))
    assert metrics["confusion"] == confusion_matrix(labels, predicted).tolist()
    assert (metrics["n"], metrics["people"]) == (200, 100)


def test_a_class_without_faces_is_left_out_of_the_mean() -> None:
    sure = np.array([[0.9, 0.1], [0.8, 0.2]])
    metrics = measure(np.array([0, 0]), sure, np.array([0, 1]), ("mask", "nomask"))
    assert metrics["balanced_accuracy"]["value"] == 1.0
    assert metrics["per_class"]["nomask"]["n"] == 0


def test_calibration_error_by_hand() -> None:
    # Two bins: confidence 0.95 twice and right once; 0.55 twice and right twice.
    probabilities = np.array([[0.95, 0.05], [0.95, 0.05], [0.55, 0.45], [0.55, 0.45]])
    assert calibration_error(np.array([0, 1, 0, 0]), probabilities) == pytest.approx((0.9 + 0.9) / 4)


def test_temperature_cools_an_overconfident_model() -> None:
    rng = np.random.default_rng(2)
    truth = rng.normal(size=(5000, 2))
    labels = (rng.random(5000) > softmax(truth)[:, 0]).astype(np.int64)
    assert fit_temperature(labels, truth * 3) == pytest.approx(3, rel=0.15)


def test_margins() -> None:
    rows = np.array([[0.5, 0.5, 0.0], [0.1, 0.7, 0.2], [1.0, 0.0, 0.0]])
    assert margins(rows) == pytest.approx([0.0, 0.5, 1.0])


def test_a_small_locked_set_says_what_it_lacks() -> None:
    classes = ("mask", "nomask")
    assert "nomask: 3" in str(too_small(np.array([0] * 10 + [1] * 3), np.arange(13), classes))
    assert "people" in str(too_small(np.array([0, 1] * 10), np.zeros(20, int), classes))
    assert too_small(np.array([0, 1] * 10), np.arange(20), classes) is None
