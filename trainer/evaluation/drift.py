"""Whether new faces resemble those a run learned from. Needs no network."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from db.confidence_intervals import share
from trainer.arrays import BoolArray, IntArray, unit

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


class FamiliarFaces:
    """A sample of the faces that a run learned from, which new ones are compared with.

    Similarity is the cosine to the nearest face of another group. Unusual is what is less similar than
    EXPECTED_UNUSUAL of the sample are.
    """

    def __init__(self, learned: GroupedFeatures) -> None:
        """At least two groups; of more than SAMPLE faces some."""
        sample = sampled(len(learned.groups))
        groups = learned.groups[sample]
        self._rows = unit(learned.features[sample])
        similarity = self._rows @ self._rows.T
        similarity[groups[:, None] == groups[None, :]] = -1.0
        self._threshold = float(np.quantile(similarity.max(axis=1), EXPECTED_UNUSUAL))

    def are_unusual(self, features: NDArray[np.floating]) -> BoolArray:
        """Which of the faces with these features (n, d) are unusual (n,)."""
        return np.asarray((unit(features) @ self._rows.T).max(axis=1) < self._threshold)


def sampled(count: int) -> IntArray:
    """Indices of the faces, at most SAMPLE of `count`, that new ones are compared with."""
    return np.random.default_rng(0).permutation(count)[:SAMPLE]


def are_enough(groups: IntArray) -> bool:
    """Whether faces of these groups (n,) can tell what is unusual."""
    return len(groups) >= MIN_FACES and len(np.unique(groups)) >= 2


def measure_drift(learned: GroupedFeatures, new: GroupedFeatures) -> dict[str, Any] | None:
    """How many of the new faces are unusual: {"n", "unusual"}; None without enough of both."""
    if not are_enough(learned.groups) or len(new.groups) < MIN_FACES:
        return None
    unusual = FamiliarFaces(learned).are_unusual(new.features)
    return {"n": len(unusual), "unusual": share(unusual, new.groups)}
