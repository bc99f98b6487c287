"""What would more answers be worth? A power law through the runs so far; arrays in, words out.

error(n) = c + a·n^-b, a and c not negative (Cortes et al. 1994; Figueroa et al. 2012, BMC Med. Inform. Decis.
Mak. 12:8, whose weights grow with the place of the run as these do). It goes on as it went: a forecast of the
model's own luck it is not, and it knows nothing of photos of another kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from db.confidence_intervals import Interval
from db.i18n import N_
from trainer.arrays import FloatArray, IntArray

LEAST_RUNS, LEAST_GROWTH = 5, 2.0
"""Runs, and how much larger the last must be than the first, before a curve is drawn through them."""
RESAMPLES, LEVEL = 400, 0.9
POWERS = np.linspace(0.1, 1.5, 29)
WORTH, VAGUE = 0.005, 0.05
"""Gains below half a point are not worth the time; an interval wider than five points says nothing."""
GO_ON = N_(
    "%(more)s more answers are worth about %(points)s points of balanced accuracy (%(low)s to %(high)s),"
    " if it goes on as so far. Going on pays."
)
LEVELS_OFF = N_(
    "It is about to level off: %(more)s more answers are worth about %(points)s points of balanced accuracy"
    " (%(low)s to %(high)s), if it goes on as so far. Stopping is reasonable."
)
TOO_FEW = N_(
    "What %(more)s more answers are worth can be said after %(runs)s runs,"
    " the last with twice the labels of the first."
)
VAGUE_YET = N_("The runs differ too much yet to say what %(more)s more answers are worth.")
Advice = tuple[str, dict[str, str]]
"""Text for the catalogue, and its values."""


@dataclass(frozen=True)
class Forecast:
    """a, b and c of the curve (first) and of its resamples; `labels` of the last run."""

    labels: int
    scale: FloatArray
    power: FloatArray
    floor: FloatArray

    def accuracy(self, labels: float) -> Interval:
        """At so many labels, with a 90 % interval of the curve."""
        return _interval(1 - self._error(labels))

    def gain(self, more: int) -> Interval:
        """Accuracy that so many more labels than the last run's add, with a 90 % interval."""
        return _interval(self._error(self.labels) - self._error(self.labels + more))

    def _error(self, labels: float) -> FloatArray:
        return self.floor + self.scale * float(labels) ** -self.power


def forecast(sizes: Sequence[int], accuracies: Sequence[float], seed: int = 0) -> Forecast | None:
    """Through the (labels, balanced accuracy) of each run; None as long as they are too few.

    Resamples are the curve with its own residuals at random, widened for the three numbers fitted.
    """
    n, error = np.asarray(sizes, np.int64), 1 - np.asarray(accuracies, np.float64)
    order = np.argsort(n, kind="stable")
    n, error = n[order], error[order]
    if len(np.unique(n)) < LEAST_RUNS or n[-1] < LEAST_GROWTH * n[0]:
        return None
    scale, power, floor = (one[0] for one in _fit(n, error[None]))
    curve = floor + scale * n**-power
    residuals = (error - curve) * np.sqrt(len(n) / (len(n) - 3))
    chance = np.random.default_rng(seed)
    drawn = curve + chance.choice(residuals, (RESAMPLES, len(n)))
    return Forecast(int(n[-1]), *_fit(n, np.vstack([error, drawn])))


def _fit(n: IntArray, errors: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Least squares a, b, c, each (k,), of errors (k, runs): b from POWERS, a and c exactly."""
    weights = np.arange(1, len(n) + 1) / len(n)
    fits = [_line(n**-power, errors, weights) for power in POWERS]
    best = np.argmin([loss for _, _, loss in fits], axis=0)
    rows = np.arange(len(errors))
    scale, floor = (np.array([fit[k] for fit in fits])[best, rows] for k in (0, 1))
    return scale, POWERS[best], floor


def _line(
    x: FloatArray, errors: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(a, c, loss) of a·x + c, neither negative: of the lines with both, without a, without c, the best."""
    mean_x, mean = np.average(x, weights=weights), np.average(errors, axis=1, weights=weights)
    slope = ((errors - mean[:, None]) * (x - mean_x)) @ weights / (((x - mean_x) ** 2) @ weights)
    steep = np.maximum(0, (errors * x) @ weights / (x**2 @ weights))
    lines = [(slope, mean - slope * mean_x), (0 * mean, np.maximum(0, mean)), (steep, 0 * mean)]
    a, c = np.array(lines).transpose(1, 0, 2)
    loss = ((errors - a[..., None] * x - c[..., None]) ** 2) @ weights
    loss[(a < 0) | (c < 0)] = np.inf
    best, rows = loss.argmin(axis=0), np.arange(len(mean))
    return a[best, rows], c[best, rows], loss[best, rows]


def _interval(values: FloatArray) -> Interval:
    value = float(values[0])
    low, high = np.quantile(values[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"value": value, "low": min(float(low), value), "high": max(float(high), value)}


def advice(found: Forecast | None, more: int = 40) -> Advice:
    """Go on, or stopping is reasonable, or too little is known. Never a promise."""
    if found is None:
        return TOO_FEW, {"more": str(more), "runs": str(LEAST_RUNS)}
    gain = found.gain(more)
    if gain["high"] - gain["low"] > VAGUE:
        return VAGUE_YET, {"more": str(more)}
    values = {"more": str(more), "points": f"{100 * gain['value']:+.1f}"}
    values |= {end: f"{100 * gain[end]:.1f}" for end in ("low", "high")}
    levels_off = gain["value"] < WORTH and gain["high"] < 2 * WORTH
    return (LEVELS_OFF if levels_off else GO_ON), values
