"""Figures against hand-worked numbers and independent implementations."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix

from trainer.evaluation.metrics import (
    calibration_error,
    cross_fitted_temperatures,
    fit_temperature,
    measure,
    people_missing,
    softmax,
)
from trainer.selection.strategies import margins


def test_measure_agrees_with_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 200)
    probabilities = softmax(rng.normal(size=(200, 3)) + 2 * np.eye(3)[labels])
    metrics = measure(labels, probabilities, np.arange(200) // 2, ("a", "b", "c"))
    predicted = probabilities.argmax(axis=1)
    assert metrics["balanced_accuracy"]["value"] == pytest.approx(balanced_accuracy_score(labels, predicted))
    assert metrics["confusion"] == confusion_matrix(labels, predicted).tolist()
    assert metrics["n"] == 200


def test_each_figure_has_the_n_that_it_was_computed_from() -> None:
    labels = np.array([0, 0, 0, 1, 1])
    sure = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4]])
    figures = measure(labels, sure, np.arange(5), ("3", "8"))["per_class"]
    assert (figures["3"]["recall"]["n"], figures["3"]["precision"]["n"]) == (3, 4)
    assert (figures["8"]["recall"]["n"], figures["8"]["precision"]["n"]) == (2, 1)
    never = measure(labels, np.tile([0.9, 0.1], (5, 1)), np.arange(5), ("3", "8"))["per_class"]
    assert never["8"]["precision"] is None
    assert never["3"]["precision"]["value"] == pytest.approx(3 / 5)


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


@pytest.mark.parametrize(("last", "temperature"), [(0, 0.863), (1, 1.160)])
def test_few_faces_hardly_move_the_temperature(last: int, temperature: float) -> None:
    """Six score differences, all right or the last one wrong: worked by hand."""
    logits = np.stack([[2.0, 3, 1, 2, 1, 3], np.zeros(6)], axis=1)
    assert fit_temperature(np.array([0] * 5 + [last]), logits) == pytest.approx(temperature, abs=0.0005)


def test_a_face_does_not_calibrate_itself() -> None:
    """The faces of one person, all wrong, change the temperature of the others only."""
    rng = np.random.default_rng(3)
    labels, groups = rng.integers(0, 2, 200), np.arange(200) // 10
    logits = (2 * np.eye(2)[labels] + rng.normal(size=(200, 2))).astype(np.float32)
    wrong = logits.copy()
    wrong[groups == 4] *= -5
    before, after = (cross_fitted_temperatures(labels, z, groups) for z in (logits, wrong))
    assert (before[groups == 4] == after[groups == 4]).all()
    assert (before != after).sum() > 100
    assert (cross_fitted_temperatures(labels[:5], logits[:5], np.zeros(5, int)) == 1).all()


def test_people_are_missing_by_class() -> None:
    labels, groups = np.array([0] * 10 + [1] * 3), np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 0, 0, 9])
    assert people_missing(labels, groups, 3).tolist() == [0, 3, 5]
