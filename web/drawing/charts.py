"""Numbers to SVG coordinates; the templates draw them."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask

from db.confidence_intervals import Interval
from trainer.label_efficiency.learning_curve import Forecast
from trainer.label_efficiency.stopping_advice import Point

WIDTH, HEIGHT = 600.0, 160.0
SQUARE = 200.0
DETECTOR_NAMES = {"centerface": "CenterFace", "mtcnn": "MTCNN", "yunet": "YuNet"}


def init_app(app: Flask) -> None:
    app.jinja_env.filters["square"] = square
    app.jinja_env.filters["detector_name"] = lambda name: DETECTOR_NAMES.get(name, name)


def line(values: Sequence[float], top: float) -> str:
    """`points` of a polyline in a WIDTH × HEIGHT box, 0 at the bottom and `top` at the top."""
    step = WIDTH / max(1, len(values) - 1)
    values = [*values, *values] if len(values) == 1 else values  # one value: a level line
    return " ".join(f"{i * step:.1f},{HEIGHT * (1 - value / top):.1f}" for i, value in enumerate(values))


def epoch_charts(epochs: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """By figure (loss, accuracy): its highest value `top`; `lines` so far, as (name, points, last value)."""
    charts = {}
    for figure in ("loss", "accuracy"):
        names = ((figure, "training"), (f"validation_{figure}", "validation"))
        series = [([row[key] for row in epochs if row.get(key) is not None], title) for key, title in names]
        top = 1.0 if figure == "accuracy" else max((v for values, _ in series for v in values), default=1.0)
        if drawn := [(title, line(values, top or 1.0), values[-1]) for values, title in series if values]:
            charts[figure] = {"top": top, "lines": drawn}
    return charts


def square(points: Sequence[Sequence[float]]) -> str:
    """`points` of a polyline in a SQUARE box, both axes from 0 to 1."""
    return " ".join(f"{x * SQUARE:.1f},{SQUARE * (1 - y):.1f}" for x, y in points)


FALSE_BOXES = 2.0
"""False boxes per photo up to which the detector's curve is drawn."""


def trade_off(lines: Mapping[str, Sequence[tuple[float, float, float]]]) -> dict[str, str]:
    """`points` of a polyline for each line of (threshold, false boxes per photo, share of faces found)."""
    return {
        name: " ".join(
            f"{min(1.0, wrong / FALSE_BOXES) * WIDTH:.1f},{HEIGHT * (1 - recall):.1f}"
            for _, wrong, recall in line
        )
        for name, line in lines.items()
    }


def threshold_band(
    points: Sequence[tuple[float, float, float]], threshold: Interval | None
) -> dict[str, float] | None:
    """Where a threshold lies across the curve of `points`: `x`, and `left` and `right` of its interval."""
    if threshold is None or not points:
        return None

    def across(confidence: float) -> float:
        reached = [wrong for at, wrong, _ in points if at >= confidence]
        return min(1.0, (reached[-1] if reached else 0.0) / FALSE_BOXES) * WIDTH

    places = {"x": "value", "left": "high", "right": "low"}  # a higher threshold has fewer false boxes
    return {name: across(threshold[key]) for name, key in places.items()}


STEPS = 24
AHEAD = 1.5
"""How far beyond the last run the forecast is drawn."""


def learning_curve(points: Sequence[Point], forecast: Forecast | None) -> dict[str, Any]:
    """The learning curve: `points` with the position of their figure and interval, from 50 to 100 %.

    `line` and `band` are the points of the forecast and its interval, empty without one; `most` is the number
    of labels at the right edge.
    """
    least, last = (find((point.labels for point in points), default=1) for find in (min, max))
    most = round(AHEAD * last) if forecast else last
    return {
        "points": [
            {"run": point.run, "figure": point.balanced_accuracy, "x": round(WIDTH * point.labels / most, 1)}
            | {edge: _y_above_half(point.balanced_accuracy[edge]) for edge in ("value", "low", "high")}
            for point in points
        ],
        "most": most,
    } | (_forecast_points(forecast, least, most) if forecast else {"line": "", "band": ""})


def _forecast_points(forecast: Forecast, least: int, most: int) -> dict[str, str]:
    """`line` and `band` from `least` to `most` labels."""
    sizes = [least + (most - least) * step / STEPS for step in range(STEPS + 1)]
    curve = [(WIDTH * n / most, forecast.accuracy(n)) for n in sizes]
    line, low, high = (
        [f"{x:.1f},{_y_above_half(at[edge])}" for x, at in curve] for edge in ("value", "low", "high")
    )
    return {"line": " ".join(line), "band": " ".join(low + high[::-1])}


def _y_above_half(value: float) -> float:
    return round(HEIGHT * (1 - max(0.0, value - 0.5) / 0.5), 1)
