"""The curves of a simulation as SVG coordinates; the template `_plot.html` draws them."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Scale = Callable[[float], float]
LEFT, RIGHT, TOP, BOTTOM = 46.0, 14.0, 12.0, 42.0
"""Margins around the plot for the axes' numbers and names, in pixels."""
BASELINE = "random"
"""The strategy that the others are compared with, drawn grey and dashed."""
OURS = "default"
COLOURS = {
    "default": 0,
    "clustered margin": 1,
    "margin": 4,
    "entropy": 3,
    "badge": 2,
    "density": 5,
    "k-centre": 6,
}
"""The colour number of each strategy."""


@dataclass(frozen=True)
class StrategyCurve:
    """One strategy's curve: `colour` is a class of the style sheet, `line` and `band` are SVG points."""

    name: str
    colour: str
    line: str
    band: str


@dataclass(frozen=True)
class Plot:
    """The plot in pixels; a tick is (position, number)."""

    width: float
    height: float
    left: float
    right: float
    top: float
    bottom: float
    x_ticks: list[tuple[float, int]]
    y_ticks: list[tuple[float, float]]
    target: float
    curves: list[StrategyCurve]


def colour(name: str) -> str:
    """The style sheet class with a strategy's colour."""
    return f"c{COLOURS.get(name, 9)}"


def plot(result: Mapping[str, Any], width: float, height: float) -> Plot:
    """The result's curves, the workbench's own in front."""
    # The workbench's own strategy comes last, so it is drawn on top of the others.
    rows = sorted(result["strategies"], key=lambda row: (row["name"] == OURS, row["name"] == BASELINE))
    points = [point for row in rows for point in row["curve"]]
    first, last = points[0]["labels"], max(point["labels"] for point in points)
    least = min([point["low"] for point in points] + [result["target"]])
    floor = min(0.9, math.floor(least * 10) / 10)
    right, bottom = width - RIGHT, height - BOTTOM
    step = 0.1 if 1 - floor > 0.35 else 0.05 if 1 - floor > 0.15 else 0.02

    def x(labels: float) -> float:
        return _pixel(LEFT, right, (labels - first) / max(1, last - first))

    def y(accuracy: float) -> float:
        return _pixel(bottom, TOP, (accuracy - floor) / (1 - floor))

    y_ticks = [1 - step * n for n in range(int((1 - floor) / step + 1.5))]
    return Plot(
        width, height, LEFT, right, TOP, bottom,
        [(x(labels), labels) for labels in ticks(first, last, 5 if width < 500 else 9)],
        [(y(accuracy), round(accuracy, 2)) for accuracy in y_ticks],
        y(result["target"]), [_curve(row, x, y) for row in rows],
    )  # fmt: skip


def _curve(row: Mapping[str, Any], x: Scale, y: Scale) -> StrategyCurve:
    points = row["curve"]

    def along(key: str) -> list[str]:
        return [f"{x(point['labels'])},{y(point[key])}" for point in points]

    return StrategyCurve(
        row["name"],
        colour(row["name"]),
        " ".join(along("mean")),
        " ".join(along("high") + along("low")[::-1]),
    )


def _pixel(start: float, end: float, share: float) -> float:
    return round(start + share * (end - start), 1)


def ticks(first: int, last: int, most: int) -> list[int]:
    """At most `most` round numbers from `first` to `last`."""
    steps = (size * 10**power for power in range(1, 7) for size in (1, 2, 5))
    step = next(step for step in steps if (last - first) / step < most)
    return list(range(-(-first // step) * step, last + 1, step))
