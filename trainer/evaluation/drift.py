"""Whether new faces resemble those a run learned from. Needs no network."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from db.confidence_intervals import share
from trainer.arrays import IntArray, unit

DRIFT_THRESHOLD = 0.1
"""Twice the expected share of unusual faces; reported when the whole interval lies above it."""
EXPECTED_UNUSUAL = 0.05
"""Share of the training faces that counts as unusual."""
SAMPLE = 1500
"""Training faces that new ones are compared with, at most."""
MIN_FACES = 30
"""Of both kinds: with fewer, nothing is measured."""


def significant_drift(metrics: dict[str, Any] | None) -> dict[str, Any] | None:
    """The drift in a run's metrics, {"n", "unusual"}, where it is significant; else None."""
    drift: dict[str, Any] | None = (metrics or {}).get("drift")
    return drift if drift and drift["unusual"]["low"] > DRIFT_THRESHOLD else None


@dataclass(frozen=True)
class GroupedFeatures:
    """Features (n, d) of faces, and their groups (n,)."""

    features: NDArray[np.float16]
    groups: IntArray


def measure_drift(learned: GroupedFeatures, new: GroupedFeatures) -> dict[str, Any] | None:
    """How many of the new faces are unusual: {"n", "unusual"}; None without enough of both.

    Unusual is what is less similar to every learned face than EXPECTED_UNUSUAL of these are. Similarity is
    the cosine to the nearest face of another group.
    """
    if min(len(learned.groups), len(new.groups)) < MIN_FACES or len(np.unique(learned.groups)) < 2:
        return None
    sample = np.random.default_rng(0).permutation(len(learned.groups))[:SAMPLE]
    known_rows, known_groups = unit(learned.features[sample]), learned.groups[sample]
    similarity = known_rows @ known_rows.T
    similarity[known_groups[:, None] == known_groups[None, :]] = -1.0
    threshold = np.quantile(similarity.max(axis=1), EXPECTED_UNUSUAL)
    unusual = (unit(new.features) @ known_rows.T).max(axis=1) < threshold
    return {"n": len(unusual), "unusual": share(unusual, new.groups)}
