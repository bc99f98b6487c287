"""Confidence intervals of proportions."""

from math import sqrt

Z95 = 1.959964
Interval = dict[str, float]


def wilson(hits: float, n: float) -> Interval:
    """Proportion with Wilson's 95 % score interval (Wilson 1927); of nothing: 0 to 1."""
    if n == 0:
        return {"value": 0.0, "low": 0.0, "high": 1.0}
    p, z2 = hits / n, Z95**2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    # At 0 and n hits a bound is the value itself, but for the last bit of a float.
    low, high = max(0.0, min(p, centre - half)), min(1.0, max(p, centre + half))
    return {"value": p, "low": low, "high": high}
