"""What are more answers worth? A power law fitted to the runs so far. Arrays in, words out.

error(n) = c + a·n^-b with a, c >= 0 (Cortes et al. 1994; Figueroa et al. 2012, BMC Med. Inform. Decis. Mak.
12:8, from which the weights that grow with the run's position are taken). It extrapolates the trend: it does
not predict run-to-run noise, nor the effect of photos of a new kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from db.confidence_intervals import Interval
from db.i18n import N_
from trainer.arrays import BoolArray, FloatArray, IntArray
from trainer.evaluation.metrics import resampled_balanced_accuracy

MIN_RUNS, MIN_GROWTH = 5, 2.0
"""Runs, and the ratio of labels of the last to the first, needed to fit a curve."""
RESAMPLES, LEVEL = 400, 0.95
EXPONENTS = np.linspace(0.1, 1.5, 29)
WORTHWHILE_GAIN, MAX_INTERVAL_WIDTH = 0.005, 0.05
"""A gain below half a point is not worth the effort; an interval wider than five points is uninformative."""
GO_ON = N_(
    "%(more)s more answers are worth about %(points)s points of balanced accuracy (%(low)s to %(high)s,"
    " n = %(n)s locked faces), if it goes on as so far. Going on pays."
)
LEVELS_OFF = N_(
    "It is about to level off: %(more)s more answers are worth about %(points)s points of balanced accuracy"
    " (%(low)s to %(high)s, n = %(n)s locked faces), if it goes on as so far. Stopping is reasonable."
)
TOO_FEW = N_(
    "What %(more)s more answers are worth can be said after %(runs)s runs,"
    " the last with twice the labels of the first."
)
VAGUE_YET = N_("The runs differ too much yet to say what %(more)s more answers are worth.")
Advice = tuple[str, dict[str, str]]
"""Text for the translation catalogue, and its values."""


@dataclass(frozen=True)
class Forecast:
    """A fitted curve and its resamples: a, b and c, each (1 + RESAMPLES,), the curve itself first.

    `labels` is the number of labels of the last run, `faces` that of the locked faces measured on.
    """

    labels: int
    faces: int
    scale: FloatArray
    power: FloatArray
    floor: FloatArray

    def as_dict(self) -> dict[str, Any]:
        """The forecast as JSON values, for `Run.learning_curve`."""
        parameters = {"scale": self.scale, "power": self.power, "floor": self.floor}
        rounded = {name: values.round(6).tolist() for name, values in parameters.items()}
        return {"labels": self.labels, "faces": self.faces} | rounded

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> "Forecast":
        """The forecast that `as_dict` saved."""
        return cls(
            saved["labels"],
            saved["faces"],
            *(np.asarray(saved[name]) for name in ("scale", "power", "floor")),
        )

    def accuracy(self, labels: float) -> Interval:
        """Balanced accuracy after `labels` labels, with a 95 % interval of the curve."""
        return _interval(1 - self._error(labels))

    def gain(self, more: int) -> Interval:
        """Balanced accuracy gained by `more` labels after the last run's, with a 95 % interval."""
        return _interval(self._error(self.labels) - self._error(self.labels + more))

    def _error(self, labels: float) -> FloatArray:
        return self.floor + self.scale * float(labels) ** -self.power


@dataclass(frozen=True)
class Measured:
    """Models measured on the same faces: `right` (runs, faces), `labels` and `groups` (faces,)."""

    right: BoolArray
    labels: IntArray
    groups: IntArray


def forecast(sizes: Sequence[int], measured: Measured, seed: int = 0) -> Forecast | None:
    """Fit the curve to the labels and the balanced accuracy of each run; None while there are too few.

    Two sources of error are resampled: persons, jointly for all runs, since all are measured on the same
    ones, with deviations scaled by sqrt(persons / (persons - 1)); and the residuals of the runs, scaled by
    sqrt(runs / (runs - 3)) for the three fitted parameters.
    """
    n = np.asarray(sizes, np.int64)
    order = np.argsort(n, kind="stable")
    n, right = n[order], measured.right[order]
    if len(np.unique(n)) < MIN_RUNS or n[-1] < MIN_GROWTH * n[0]:
        return None
    error = 1 - resampled_balanced_accuracy(right, measured.labels, np.ones((1, right.shape[1])))[0]
    scale, power, floor = (parameter[0] for parameter in _fit(n, error[None]))
    curve, rng = floor + scale * n**-power, np.random.default_rng(seed)
    residuals = (error - curve) * np.sqrt(len(n) / (len(n) - 3))
    resampled = curve + _person_deviations(right, measured, rng) + rng.choice(residuals, (RESAMPLES, len(n)))
    return Forecast(int(n[-1]), right.shape[1], *_fit(n, np.vstack([error, resampled])))


def _person_deviations(right: BoolArray, measured: Measured, rng: np.random.Generator) -> FloatArray:
    """Deviations of the errors (RESAMPLES, runs) as persons are drawn with replacement."""
    persons, members = np.unique(measured.groups, return_inverse=True)
    count = len(persons)
    draws = rng.multinomial(count, np.full(count, 1 / count), RESAMPLES)[:, members].astype(float)
    accuracies = resampled_balanced_accuracy(right, measured.labels, draws)
    return np.asarray((accuracies.mean(axis=0) - accuracies) * np.sqrt(count / (count - 1)))


def _fit(n: IntArray, errors: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Weighted least squares of errors (k, runs): a, b and c, each (k,). b is searched, a and c are exact."""
    weights = np.arange(1, len(n) + 1) / len(n)
    fits = [_fit_line(n**-power, errors, weights) for power in EXPONENTS]
    best = np.argmin([loss for _, _, loss in fits], axis=0)
    rows = np.arange(len(errors))
    scale, floor = (np.array([fit[k] for fit in fits])[best, rows] for k in (0, 1))
    return scale, EXPONENTS[best], floor


def _fit_line(
    x: FloatArray, errors: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(a, c, loss) of the best line a·x + c with a, c >= 0, each (k,): with both, without a, or without c."""
    mean_x, mean = np.average(x, weights=weights), np.average(errors, axis=1, weights=weights)
    slope = ((errors - mean[:, None]) * (x - mean_x)) @ weights / (((x - mean_x) ** 2) @ weights)
    through_zero = np.maximum(0, (errors * x) @ weights / (x**2 @ weights))
    lines = [(slope, mean - slope * mean_x), (0 * mean, np.maximum(0, mean)), (through_zero, 0 * mean)]
    a, c = np.array(lines).transpose(1, 0, 2)
    loss = ((errors - a[..., None] * x - c[..., None]) ** 2) @ weights
    loss[(a < 0) | (c < 0)] = np.inf
    best, rows = loss.argmin(axis=0), np.arange(len(mean))
    return a[best, rows], c[best, rows], loss[best, rows]


def _interval(values: FloatArray) -> Interval:
    value = float(values[0])
    low, high = np.quantile(values[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {"value": value, "low": min(float(low), value), "high": max(float(high), value)}


def advice(curve: Forecast | None, more: int = 40) -> Advice:
    """Go on, stopping is reasonable, or too little is known, with the expected gain of `more` answers."""
    if curve is None:
        return TOO_FEW, {"more": str(more), "runs": str(MIN_RUNS)}
    gain = curve.gain(more)
    if gain["high"] - gain["low"] > MAX_INTERVAL_WIDTH:
        return VAGUE_YET, {"more": str(more)}
    values = {"more": str(more), "points": f"{100 * gain['value']:+.1f}", "n": str(curve.faces)}
    values |= {end: f"{100 * gain[end]:.1f}" for end in ("low", "high")}
    levels_off = gain["value"] < WORTHWHILE_GAIN and gain["high"] < 2 * WORTHWHILE_GAIN
    return (LEVELS_OFF if levels_off else GO_ON), values
