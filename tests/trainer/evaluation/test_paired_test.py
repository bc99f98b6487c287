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
    assert (same.n, same.people) == (40, 40)


def test_the_difference_is_that_of_the_balanced_accuracies() -> None:
    labels = np.array([0] * 30 + [1] * 10)
    new, old = np.ones(40, bool), np.ones(40, bool)
    old[:3] = False
    new[35:] = False
    gap = difference(labels, new, old, np.arange(40)).interval
    assert gap["value"] == pytest.approx((3 / 30 - 5 / 10) / 2)
    assert gap["low"] < gap["value"] < gap["high"]


def test_the_interval_of_one_class_is_that_of_bonett_and_price() -> None:
    """12 faces of 12 people, 5 won and 2 lost: computed by hand from the paper's formula."""
    new = np.array([True] * 5 + [False] * 2 + [True] * 5)
    old = np.array([False] * 5 + [True] * 7)
    n = 11.0  # the design effect of 12 groups of one is 12 / 11
    won, lost = (5 / 12 * n + 1) / (n + 2), (2 / 12 * n + 1) / (n + 2)
    half = 1.959964 * ((won + lost - (won - lost) ** 2) / (n + 2)) ** 0.5
    gap = difference(np.zeros(12, int), new, old, np.arange(12)).interval
    assert gap["value"] == pytest.approx(3 / 12)
    assert gap["low"] == pytest.approx(won - lost - half)
    assert gap["high"] == pytest.approx(won - lost + half)


def test_two_classes_are_combined_by_mover_within_the_possible() -> None:
    labels = np.repeat([0, 1], 12)
    new, old = np.ones(24, bool), np.array([True] * 9 + [False] * 3 + [True] * 6 + [False] * 6)
    groups = np.arange(24)
    parts = [
        difference(labels[rows], new[rows], old[rows], groups[rows]).interval
        for rows in (labels == 0, labels == 1)
    ]
    gap = difference(labels, new, old, groups).interval
    value = (3 / 12 + 6 / 12) / 2
    assert gap["value"] == pytest.approx(value)
    below, above = (
        sum((part["value"] - part[edge]) ** 2 for part in parts) ** 0.5 / 2 for edge in ("low", "high")
    )
    assert gap["low"] == pytest.approx(value - below)
    assert gap["high"] == pytest.approx(value + above)
    nothing, all_right = np.zeros(4, bool), np.ones(4, bool)
    for first, second in ((nothing, all_right), (all_right, nothing)):
        extreme = difference(np.array([0, 0, 1, 1]), first, second, np.arange(4)).interval
        assert -1 <= extreme["low"] <= extreme["value"] <= extreme["high"] <= 1


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
    ("gap", "good", "words"),
    [
        (None, True, "too few"),
        (measured(0.0, -0.05, 0.05), True, "Not worse"),
        (measured(0.02, 0.01, 0.03), True, "Not worse"),
        (measured(-0.01, -0.03, 0.01), True, "Not worse"),
        (measured(-0.01, -0.015, -0.005), False, "Worse"),
        (measured(-0.02, -0.05, 0.01), False, "Worse"),
    ],
)
def test_only_a_model_that_is_not_worse_takes_over(gap: Difference | None, good: bool, words: str) -> None:
    decision = decide_promotion(gap, "locked")
    assert decision.promote is good
    assert words in decision.reason


def test_a_decision_says_by_how_much_on_how_many_faces_and_people() -> None:
    decision = decide_promotion(measured(0.21, 0.1, 0.34), "locked")
    assert decision.reason == (
        "Not worse than the live model: balanced accuracy +21.0 points (+10.0 to +34.0) against the live"
        " model on the same 50 locked faces of 20 people."
    )
    assert decision.figures == {
        "on": "locked",
        "n": 50,
        "people": 20,
        "difference": {"value": 0.21, "low": 0.1, "high": 0.34},
    }
    assert decide_promotion(None, "").reason == (
        "There are too few faces that both models never learned from; the newer one knows more answers."
    )
    kept_back = decide_promotion(measured(-0.02, -0.05, -0.01), "cross-validated")
    assert kept_back.reason.endswith("cross-validated faces of 20 people. The live model stays.")
