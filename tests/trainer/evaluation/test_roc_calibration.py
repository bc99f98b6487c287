"""Ranking and calibration against scikit-learn; intervals that are not empty where all is right."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from trainer.arrays import softmax
from trainer.evaluation.roc_calibration import area_interval, calibration, ranking


@pytest.fixture
def predictions() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels (300,), logits (300, 2) with ties, and 60 people."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 300)
    logits = np.round(rng.normal(size=(300, 2)) + 1.5 * np.eye(2)[labels], 1)
    return labels, logits, np.arange(300) // 5


def test_areas_agree_with_scikit_learn(predictions: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    labels, logits, groups = predictions
    probabilities = softmax(logits)
    metrics = ranking(labels, probabilities, groups, ("a", "b"))
    for index, name in enumerate("ab"):
        truth, scores = labels == index, probabilities[:, index]
        assert metrics[name]["auc"]["value"] == pytest.approx(roc_auc_score(truth, scores))
        assert metrics[name]["average_precision"]["value"] == pytest.approx(
            average_precision_score(truth, scores)
        )
        for key in ("auc", "average_precision"):
            assert metrics[name][key]["low"] < metrics[name][key]["value"] < metrics[name][key]["high"]
        assert metrics[name]["roc"][0] == [0.0, 0.0]
        assert metrics[name]["roc"][-1] == [1.0, 1.0]


def test_a_class_that_is_missing_or_alone_has_no_curve() -> None:
    assert ranking(np.zeros(9, int), np.tile([0.9, 0.1], (9, 1)), np.arange(9), ("a", "b")) == {}


def test_a_perfect_ranking_is_not_certain() -> None:
    interval = area_interval(1.0, 20, 20)
    assert interval["high"] == 1.0
    assert 0.85 < interval["low"] < 0.95
    assert area_interval(1.0, 200, 200)["low"] > interval["low"]
    middle = area_interval(0.5, 50, 50)
    assert middle["low"] < 0.42 < 0.58 < middle["high"]


@pytest.mark.slow
def test_the_interval_of_an_area_covers_the_true_area() -> None:
    """Scores of 40 and 40 from normals one apart: the area is 0.7602; about 95 % of the intervals hold it."""
    rng, held = np.random.default_rng(1), 0
    for _ in range(300):
        scores = np.concatenate([rng.normal(1, 1, 40), rng.normal(0, 1, 40)])
        interval = area_interval(float(roc_auc_score([1] * 40 + [0] * 40, scores)), 40, 40)
        held += interval["low"] <= 0.7602 <= interval["high"]
    assert held / 300 >= 0.92


def test_the_right_temperature_lowers_the_calibration_error(
    predictions: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    labels, logits, groups = predictions
    metrics = calibration(labels, logits * 6, np.full(300, 6.0), groups)
    assert metrics["after"]["value"] < metrics["before"]["value"]
    for when in ("before", "after"):
        assert metrics[when]["low"] <= metrics[when]["value"] <= metrics[when]["high"]
    assert sum(row["n"] for row in metrics["bins"]) == 300


def test_the_error_of_right_probabilities_reaches_to_zero() -> None:
    """Labels drawn from the probabilities: what they show is chance, and is said beside it."""
    rng = np.random.default_rng(5)
    logits = rng.normal(size=(200, 2)) * 2
    labels = (rng.random(200) > softmax(logits)[:, 0]).astype(np.int64)
    ones = np.ones(200)
    metrics = calibration(labels, logits, ones, np.arange(200))
    assert metrics["after"]["low"] == 0.0
    assert metrics["after"]["n"] == 200
    assert metrics["expected"] == pytest.approx(metrics["after"]["value"], abs=0.03)
    too_sure = calibration(labels, logits * 6, ones, np.arange(200))
    assert too_sure["after"]["low"] > 0.02
