"""Two models on the same faces, and the rule that promotes."""

import numpy as np
import pytest

from trainer.evaluation.paired_test import Difference, decide_promotion, difference


def measured(value: float, low: float, high: float) -> Difference:
    return Difference({"value": value, "low": low, "high": high}, 50, 20)


def test_models_that_agree_on_every_face_still_have_an_interval() -> None:
    labels, right = np.array([0, 1] * 20), np.ones(40, bool)
    same = difference(labels, right, right, np.arange(40))
    assert same.interval["value"] == 0
    assert same.interval["low"] < -0.02
    assert same.interval["high"] > 0.02
    assert (same.n, same.persons) == (40, 40)


def test_the_difference_is_that_of_the_balanced_accuracies() -> None:
    labels = np.array([0] * 30 + [1] * 10)
    new, old = np.ones(40, bool), np.ones(40, bool)
    old[:3] = False
    new[35:] = False
    gap = difference(labels, new, old, np.arange(40)).interval
    assert gap["value"] == pytest.approx((3 / 30 - 5 / 10) / 2)
    assert gap["low"] < gap["value"] < gap["high"]


def test_the_interval_covers_the_true_difference() -> None:
    """The new model is right on 9 of 10, the old on 8 of 10, on the same 60 and 40 faces, 500 times over."""
    rng, held = np.random.default_rng(0), 0
    labels = np.repeat([0, 1], [60, 40])
    for _ in range(500):
        easy = rng.random(100)
        gap = difference(labels, easy < 0.9, (easy < 0.75) | (rng.random(100) < 0.2), np.arange(100))
        held += gap.interval["low"] <= 0.9 - (0.75 + 0.25 * 0.2) <= gap.interval["high"]
    assert held / 500 >= 0.93


@pytest.mark.parametrize(
    ("gap", "promote", "words"),
    [
        (None, True, "too few"),
        (measured(0.0, -0.05, 0.05), True, "Cannot be told apart"),
        (measured(0.02, 0.01, 0.03), True, "Better"),
        (measured(-0.04, -0.09, 0.01), True, "Cannot be told apart"),
        (measured(-0.01, -0.015, -0.005), False, "Worse"),
    ],
)
def test_only_a_model_that_is_certainly_worse_is_kept_back(
    gap: Difference | None, promote: bool, words: str
) -> None:
    decision = decide_promotion(gap)
    assert decision.promote is promote
    assert words in decision.reason["text"]


def test_a_decision_says_by_how_much_on_how_many_faces_and_persons() -> None:
    decision = decide_promotion(measured(0.21, 0.1, 0.34))
    assert decision.reason["text"] % decision.reason["values"] == (
        "Better than the live model: balanced accuracy +21.0 points (+10.0 to +34.0; 50 faces, 20 persons)."
    )
    assert decision.figures == {
        "n": 50,
        "persons": 20,
        "difference": {"value": 0.21, "low": 0.1, "high": 0.34},
    }
    kept_back = decide_promotion(measured(-0.02, -0.05, -0.01)).reason
    assert (kept_back["text"] % kept_back["values"]).endswith("The live model stays.")
