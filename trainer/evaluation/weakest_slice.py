"""The slice of faces that a run's model is worst on, and whether it can be told apart from the rest."""

from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

from db.confidence_intervals import score_interval

LEAST_FACES = 5
"""A slice with fewer faces says nothing of the model."""


def weakest_slice(slices: Sequence[dict[str, Any]], accuracy: float) -> dict[str, Any] | None:
    """{"slice": its index, "told_apart": whether it is worse than `accuracy`, that of all faces}; None of
    none.

    Of k slices one is always the worst, so each is judged by the one-sided bound of 2.5 % / k (Bonferroni):
    the lowest upper bound is the weakest.
    """
    candidates = {i: one for i, one in enumerate(slices) if one["n"] >= LEAST_FACES}
    if not candidates:
        return None
    z = -NormalDist().inv_cdf(0.025 / len(candidates))
    upper = {
        i: score_interval(one["accuracy"]["value"], one["n"], z)["high"] for i, one in candidates.items()
    }
    worst = min(upper, key=lambda i: upper[i])
    return {"slice": worst, "told_apart": upper[worst] < accuracy}
