"""Mean counts per photo, and the confidence at which a box is as likely a face as not, with their
intervals."""

import numpy as np
from numpy.typing import NDArray

from db.confidence_intervals import Z95, Interval

MIN_OF_EACH = 15
"""Real faces, and boxes that are none, without which no threshold is fitted."""
PRIOR_SLOPE, PRIOR_SPREAD = 1.0, 2.0
"""Mean and standard deviation of a weak prior on the slope of the log-odds in the logit of the confidence: 1
where a confidence is the share of faces among such boxes up to a shift. It keeps the fit finite where a
confidence separates the two kinds."""
STEPS = 50


def mean_per_photo(counts: NDArray[np.int64], groups: NDArray[np.int64]) -> Interval:
    """Mean of the counts (n,) of n photos, with a 95 % interval that counts groups (n,) of related photos.

    The linearised variance of a ratio (Cochran 1977, "Sampling Techniques", 6.3). Without a single count the
    upper end is the rule of three, 3 in the number of groups.
    """
    _, index = np.unique(groups, return_inverse=True)
    total, size = np.bincount(index, counts), np.bincount(index)
    n, mean = len(size), counts.sum() / len(counts)
    if not counts.any():
        return {"value": 0.0, "low": 0.0, "high": 3.0 / n, "n": len(counts)}
    variance = ((total - mean * size) ** 2).sum() / len(counts) ** 2 * n / max(1, n - 1)
    half = Z95 * float(np.sqrt(variance)) if n > 1 else float("inf")
    return {
        "value": float(mean),
        "low": max(0.0, float(mean) - half),
        "high": float(mean) + half,
        "n": len(counts),
    }


def even_odds(
    confidences: NDArray[np.float64], real: NDArray[np.bool_], groups: NDArray[np.int64]
) -> Interval | None:
    """The confidence at which half of the boxes (n,) are faces, with a 95 % interval; None of too few boxes.

    Logistic regression on the logit of the confidence; the covariance is clustered by `groups` (n,) (Liang
    and Zeger 1986), the interval that of the ratio -offset/slope by the delta method.
    """
    if min(real.sum(), (~real).sum()) < MIN_OF_EACH:
        return None
    clipped = np.clip(confidences, 1e-4, 1 - 1e-4)
    design = np.column_stack([np.ones(len(clipped)), np.log(clipped / (1 - clipped))])
    penalty, target = np.diag([0.0, PRIOR_SPREAD**-2]), np.array([0.0, PRIOR_SLOPE])
    weights = target.copy()
    for _ in range(STEPS):
        p = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        curvature = (design * (p * (1 - p))[:, None]).T @ design + penalty
        step = np.linalg.solve(curvature, design.T @ (real - p) - penalty @ (weights - target))
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    offset, slope = weights
    if slope <= 0:
        return None
    _, index = np.unique(groups, return_inverse=True)
    scores = np.zeros((index.max() + 1, 2))
    np.add.at(scores, index, design * (real - p)[:, None])
    bread = np.linalg.inv(curvature)
    covariance = bread @ (scores.T @ scores) @ bread
    centre, gradient = -offset / slope, np.array([-1 / slope, offset / slope**2])
    half = Z95 * float(np.sqrt(gradient @ covariance @ gradient))
    value, low, high = (float(1 / (1 + np.exp(-logit))) for logit in (centre, centre - half, centre + half))
    return {"value": value, "low": low, "high": high, "n": len(real)}
