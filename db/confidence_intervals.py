"""95 % confidence intervals of shares, and of the difference of two models, for faces grouped by person.

The faces of one person resemble each other, so n faces of few people tell less than n faces of n people. How
much less is estimated from how the persons differ, together with a prior: with few mistakes nobody can tell
whether the faces of a person fail together. The formulas are checked by simulation, `benchmarks/coverage.py`.
"""

from dataclasses import dataclass
from math import hypot, lgamma, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z95 = 1.959964
Interval = dict[str, float]
"""`value`, `low` and `high`; a figure of faces also has the `n` that it was computed from."""
Counts = NDArray[np.float64]
"""Faces by person and class (persons, classes)."""
_Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A figure with its interval, and the number of independent faces that would tell as much."""

    interval: Interval
    effective_faces: float


@dataclass(frozen=True)
class _Prior:
    """The assumed correlation of a person's faces, which counts as much as so many persons with mistakes."""

    persons: int
    correlation: float


_SHARES, _DIFFERENCES = _Prior(6, 0.5), _Prior(4, 0.1)
_DEVIATIONS = np.linspace(-15, 15, 8001)
_NO_SPREAD = 1e-12
"""Below this, related and unrelated faces have the same variance, and nothing tells the correlation."""


def share(right: ArrayLike, groups: ArrayLike) -> Interval | None:
    """The share of faces (n,) that are `right`, by persons or other `groups` (n,); None of no faces."""
    return mean_recall(right, np.zeros(np.shape(groups)), groups)


def mean_recall(right: ArrayLike, labels: ArrayLike, groups: ArrayLike) -> Interval | None:
    """Balanced accuracy: the mean over the classes of `labels` (n,) of the share of `right` faces (n,)."""
    if not np.size(groups):
        return None
    faces, hits = count_by_person(groups, labels, right)
    return mean_share(hits, faces).interval | {"n": np.size(groups)}


def mean_share(right: ArrayLike, faces: ArrayLike) -> Estimate:
    """The mean over classes of the share of right faces, with a score interval on the effective faces.

    `right` and `faces` count by person (persons,), or by person and class (persons, classes); each class has
    a face. Of a single person's faces nothing follows for others: the interval is 0 to 1.
    """
    r, n = _table(right), _table(faces)
    shares = r.sum(axis=0) / n.sum(axis=0)
    if _persons(_weights(n)) < 2:
        return Estimate({"value": float(shares.mean()), "low": 0.0, "high": 1.0}, 1.0)
    spread = (r.sum(axis=0) + 1) / (n.sum(axis=0) + 2)  # of no mistakes, too
    correlation = _correlation(n, r - shares * n, shares * (1 - shares), r < n, _SHARES)
    centre = float(spread.mean())
    effective = centre * (1 - centre) / _variance(n, spread * (1 - spread), correlation)
    return Estimate(score_interval(float(shares.mean()), effective), effective)


def score_interval(value: float, n: float, z: float = Z95) -> Interval:
    """Wilson's interval (1927) of a share of n faces; to the nearer end Clopper & Pearson's if wider."""
    f, tail = z**2 / n, NormalDist().cdf(-z)
    centre = (value + f / 2) / (1 + f)
    half = z / (1 + f) * sqrt(value * (1 - value) / n + f / (4 * n))
    low, high = centre - half, centre + half
    if value >= 0.5:
        high = max(high, 1.0 if value >= 1 else _beta_quantile(value * n + 1, n - value * n, 1 - tail))
    else:
        low = min(low, 0.0 if value <= 0 else _beta_quantile(value * n, n - value * n + 1, tail))
    return {"value": value, "low": max(0.0, low), "high": min(1.0, high)}


def mean_difference(won: ArrayLike, lost: ArrayLike, faces: ArrayLike) -> Interval:
    """The mean over classes of the difference of two models' shares of right faces, as a paired interval.

    Counts by person, or by person and class, as for `mean_share`: of all faces, of those that only the first
    model has right, and of those that only the second has.
    """
    up, down, n = _table(won), _table(lost), _table(faces)
    total = n.sum(axis=0)
    gains = (up - down).sum(axis=0) / total
    value = float(gains.mean())
    if _persons(_weights(n)) < 2:
        return {"value": value, "low": -1.0, "high": 1.0}
    seen = (up + down).sum(axis=0) / total - gains**2
    correlation = _correlation(n, up - down - gains * n, seen, up + down > 0, _DIFFERENCES)
    likely_up, likely_down = ((one.sum(axis=0) + 0.5) / (total + 1) for one in (up, down))
    spread = likely_up + likely_down - (likely_up - likely_down) ** 2
    half = Z95 * sqrt(_variance(n, spread, correlation))
    return {"value": value, "low": max(-1.0, value - half), "high": min(1.0, value + half)}


def independent_difference(first: Interval, second: Interval) -> Interval:
    """The difference of two shares of different faces, from their intervals (Newcombe 1998, method 10)."""
    value = first["value"] - second["value"]
    low = value - hypot(first["value"] - first["low"], second["high"] - second["value"])
    high = value + hypot(first["high"] - first["value"], second["value"] - second["low"])
    return {"value": value, "low": low, "high": high}


def count_by_person(groups: ArrayLike, labels: ArrayLike, *masks: ArrayLike) -> list[Counts]:
    """Tables (persons, classes) that count all faces, and then those of each mask, for `mean_share`.

    `groups`, `labels` and masks are (n,); only classes and persons that have a face get a column and a row.
    """
    persons, rows = np.unique(np.asarray(groups), return_inverse=True)
    classes, columns = np.unique(np.asarray(labels), return_inverse=True)
    tables = []
    for mask in (np.ones(len(rows)), *masks):
        table = np.zeros((len(persons), len(classes)))
        np.add.at(table, (rows, columns), np.asarray(mask, np.float64))
        tables.append(table)
    return tables


def _table(counts: ArrayLike) -> Counts:
    table = np.asarray(counts, np.float64)
    return table[:, None] if table.ndim == 1 else table


def _weights(n: Counts) -> _Vector:
    """Each person's weight in the mean over classes (persons,); they sum to 1."""
    return np.asarray((n / (n.shape[1] * n.sum(axis=0))).sum(axis=1))


def _persons(weights: _Vector) -> float:
    """How many persons of equal weight would count as much (Kish 1965)."""
    total = float((weights**2).sum())
    return float(weights.sum()) ** 2 / total if total else 0.0


def _unrelated(n: Counts, v: _Vector) -> float:
    """Variance of the mean if the faces of a person are independent; `v` (classes,) is that of one face."""
    return float((v / n.sum(axis=0)).sum()) / len(v) ** 2


def _alike(n: Counts, v: _Vector) -> float:
    """Variance of the mean if all faces of a person are right or wrong together, across classes, too."""
    return float(((np.sqrt(v) * n / (len(v) * n.sum(axis=0))).sum(axis=1) ** 2).sum())


def _variance(n: Counts, v: _Vector, correlation: float) -> float:
    unrelated = _unrelated(n, v)
    return unrelated + correlation * max(0.0, _alike(n, v) - unrelated)


def _correlation(
    n: Counts, residuals: Counts, v: _Vector, telling: NDArray[np.bool_], prior: _Prior
) -> float:
    """How much alike the faces of a person are, between 0 and 1: seen where the persons differ, and assumed.

    What is seen has the weight of the persons who have a `telling` face (persons, classes).
    """
    weights, persons = _weights(n), _persons(_weights(n))
    seen = persons / (persons - 1) * float(((residuals / (len(v) * n.sum(axis=0))).sum(axis=1) ** 2).sum())
    unrelated, alike = _unrelated(n, v), _alike(n, v)
    spread = alike - unrelated
    correlation = float(np.clip((seen - unrelated) / spread, 0, 1)) if spread >= _NO_SPREAD else 0.0
    evidence = _persons(weights[telling.any(axis=1)])
    return (evidence * correlation + prior.persons * prior.correlation) / (evidence + prior.persons)


def _beta_quantile(a: float, b: float, p: float) -> float:
    """The p-quantile of a beta distribution, to 1e-5, by summing its density over log-odds.

    SciPy has it, and would add 18 MB to the web process.
    """
    log_odds = np.log(a / b) + sqrt(1 / a + 1 / b) * _DEVIATIONS
    log_density = -a * np.logaddexp(0, -log_odds) - b * np.logaddexp(0, log_odds)
    density = np.exp(log_density + lgamma(a + b) - lgamma(a) - lgamma(b)) * (log_odds[1] - log_odds[0])
    return float(1 / (1 + np.exp(-np.interp(p, density.cumsum() - density / 2, log_odds))))
