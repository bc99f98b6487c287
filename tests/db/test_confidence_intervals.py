"""Intervals against worked examples to four decimals; `benchmarks/coverage.py` shows what they cover."""

import numpy as np
import pytest
from scipy.stats import beta

from db.confidence_intervals import (
    _beta_quantile,
    mean_difference,
    mean_recall,
    mean_share,
    score_interval,
    share,
)

SHARES = {
    "all right": ([4] * 5, [4] * 5, 1, 0.6756, 1, 8),
    "one face each": ([1] * 11 + [0], [1] * 12, 0.9167, 0.6461, 0.9979, 12),
    "mistakes spread": ([4, 4, 3, 4, 2, 4], [4] * 6, 0.8750, 0.5769, 0.9932, 10.5495),
    "mistakes of one": ([4] * 5 + [0], [4] * 6, 0.8333, 0.5038, 0.9882, 8.8421),
    "unequal": ([1, 1, 2, 3, 4, 8, 15], [1, 1, 2, 3, 5, 8, 20], 0.8500, 0.4775, 0.9958, 6.9079),
    "many": ([10] * 27 + [9] * 3, [10] * 30, 0.9900, 0.9337, 0.9999, 75),
    "nearly none": ([0] * 5 + [1], [4] * 6, 0.0417, 0.0001, 0.2810, 13.5460),
    "half": ([2] * 6, [4] * 6, 0.5000, 0.2661, 0.7722, 13.7143),
    "two classes, the same people": ([[4, 4]] * 4 + [[3, 2]], [[4, 4]] * 5, 0.9250, 0.6126, 0.9995, 9.3404),
    "two classes, different people": (
        [[4, 0], [3, 0], [4, 0], [4, 0], [4, 0], [0, 5], [0, 5], [0, 2], [0, 5], [0, 5]],
        [[4, 0]] * 5 + [[0, 5]] * 5,
        0.9150, 0.6992, 0.9940, 17.3538,
    ),
}  # fmt: skip
NOTHING = [[0, 0]] * 6
DIFFERENCES = {
    "nothing won or lost": (NOTHING, NOTHING, 0, -0.0738, 0.0738),
    "lost by two, won by another": (
        [[0, 0], [0, 0], [0, 1], [0, 0], [0, 0], [0, 0]],
        [[1, 0], [1, 1], [0, 0], [0, 0], [0, 0], [0, 0]],
        -0.0417, -0.1672, 0.0839,
    ),
    "lost by one": (NOTHING, [[3, 2]] + [[0, 0]] * 5, -0.1042, -0.2647, 0.0563),
    "lost by five": (NOTHING, [[1, 1]] * 3 + [[1, 0]] * 2 + [[0, 0]], -0.1667, -0.3012, -0.0321),
}  # fmt: skip


def at_four_decimals(value: float) -> object:
    return pytest.approx(value, abs=0.00005)


@pytest.mark.parametrize("name", SHARES)
def test_a_share_has_the_worked_interval(name: str) -> None:
    right, faces, value, low, high, effective = SHARES[name]
    estimate = mean_share(right, faces)
    assert estimate.interval["value"] == at_four_decimals(value)
    assert estimate.interval["low"] == at_four_decimals(low)
    assert estimate.interval["high"] == at_four_decimals(high)
    assert estimate.effective_faces == at_four_decimals(effective)


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_difference_has_the_worked_interval(name: str) -> None:
    won, lost, value, low, high = DIFFERENCES[name]
    interval = mean_difference(won, lost, [[4, 4]] * 6)
    assert interval["value"] == at_four_decimals(value)
    assert interval["low"] == at_four_decimals(low)
    assert interval["high"] == at_four_decimals(high)


def test_faces_of_one_person_say_nothing_about_others() -> None:
    assert mean_share([3], [4]).interval == {"value": 0.75, "low": 0.0, "high": 1.0}
    assert mean_difference([1], [0], [4]) == {"value": 0.25, "low": -1.0, "high": 1.0}


def test_a_figure_counts_its_faces_by_person_and_class() -> None:
    right = np.array([True, False, True, True, True, False])
    labels, groups = np.array([0, 0, 0, 1, 1, 1]), np.array([7, 7, 9, 7, 9, 9])
    assert share(right, groups) == mean_share([2, 2], [3, 3]).interval | {"n": 6}
    by_class = mean_share([[1, 1], [1, 1]], [[2, 1], [1, 2]]).interval
    assert mean_recall(right, labels, groups) == by_class | {"n": 6}
    assert share(right[:0], groups[:0]) is None


@pytest.mark.parametrize(("value", "n"), [(1, 20), (0, 20), (0.5, 1), (0.999, 3.5), (0.001, 80)])
def test_an_interval_holds_its_value_and_stays_possible(value: float, n: float) -> None:
    interval = score_interval(value, n)
    assert 0 <= interval["low"] <= value <= interval["high"] <= 1
    assert interval["low"] < interval["high"]
    wider = score_interval(value, n, z=3)
    assert wider["low"] <= interval["low"]
    assert interval["high"] <= wider["high"]


def test_the_score_interval_is_wilsons_away_from_the_ends() -> None:
    # Newcombe 1998, Stat. Med. 17:857, table I, method 3: 81 of 263.
    interval = score_interval(81 / 263, 263)
    assert interval["high"] == at_four_decimals(0.3662)


@pytest.mark.parametrize("n", [1.3, 4, 8.8, 75, 400.5, 5000])
@pytest.mark.parametrize("value", [0.5, 0.8, 0.95, 0.999])
def test_exact_bounds_are_those_of_the_beta_distribution(value: float, n: float) -> None:
    for p in (0.025, 0.975):
        exact = beta.ppf(p, value * n + 1, n * (1 - value))
        assert _beta_quantile(value * n + 1, n * (1 - value), p) == pytest.approx(exact, abs=1e-5)
