"""Summary of a simulation: how many labels each strategy needed, and its curve with a band."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trainer.arrays import FloatArray
from trainer.label_efficiency.simulate import BATCH, START, Curve, labels_to

BAND = (10, 90)
"""Percentiles over seeds."""
CHECKPOINTS = (30, 100)
"""Numbers of labels at which the strategies are compared, besides the last."""


def grid(upto: int) -> list[int]:
    """The numbers of labels at which a model is fitted."""
    return [*range(START, upto, BATCH), upto]


def summary(
    curves: Mapping[str, Sequence[Curve]], upto: int, target: float, classes: int
) -> list[dict[str, Any]]:
    """A row for each strategy, best first: fewest labels to the target, then highest mean accuracy.

    `labels` holds the median over seeds, and low and high of the BAND; each is None where that share of the
    seeds never reached the target. `curve` and `at` hold mean, low and high of the balanced accuracy.
    """
    rows = [_row(name, curves[name], upto, target, classes) for name in curves]
    return sorted(rows, key=lambda row: (row["labels"]["median"] or np.inf, -row.pop("area")))


def _row(name: str, seeds: Sequence[Curve], upto: int, target: float, classes: int) -> dict[str, Any]:
    values = np.array([_on_grid(curve, upto, classes) for curve in seeds])
    reached = [labels_to(curve, target) for curve in seeds]
    curve = [_band(labels, values[:, index]) for index, labels in enumerate(grid(upto))]
    at = {*CHECKPOINTS, upto}
    return {
        "name": name,
        "labels": _needed(reached),
        "reached": sum(labels is not None for labels in reached),
        "at": [point for point in curve if point["labels"] in at],
        "curve": curve,
        "area": float(values.mean()),
    }


def _on_grid(curve: Curve, upto: int, classes: int) -> FloatArray:
    """Accuracy at each point of the grid; that of guessing where there is no model."""
    measured = dict(curve)
    return np.array([measured.get(labels, 1 / classes) for labels in grid(upto)])


def _needed(reached: Sequence[int | None]) -> dict[str, int | None]:
    """Median, low and high of the labels needed; a seed that never reached the target counts as infinite."""
    needed = np.sort([np.inf if labels is None else labels for labels in reached])
    shares = {"median": 50, "low": BAND[0], "high": BAND[1]}
    values = {key: np.percentile(needed, share, method="higher") for key, share in shares.items()}
    return {key: int(value) if np.isfinite(value) else None for key, value in values.items()}


def _band(labels: int, values: FloatArray) -> dict[str, float]:
    low, high = np.percentile(values, BAND)
    rounded = {"mean": values.mean(), "low": low, "high": high}
    return {"labels": labels} | {key: round(float(value), 4) for key, value in rounded.items()}
