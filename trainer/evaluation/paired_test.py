"""Two models on the same faces: by how much one is better, and whether that could be chance."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from db.confidence_intervals import Z95, Interval
from db.i18n import N_
from trainer.arrays import BoolArray, IntArray
from trainer.evaluation.metrics import design_effect

SLACK = 0.01
"""So much lower is still "not worse" when chance alone explains it."""
RULE = N_(
    "A new model goes live if its balanced accuracy on the same locked faces is not lower, or lower by at"
    " most one point with no difference inside the 95 %% interval."
)


@dataclass(frozen=True)
class Difference:
    """New minus old balanced accuracy on the same n faces of so many people."""

    interval: Interval
    n: int
    people: int

    @property
    def not_worse(self) -> bool:
        """The rule of promotion: not lower, or lower by at most SLACK with 0 inside the interval."""
        value, high = self.interval["value"], self.interval["high"]
        return value >= 0 or (value >= -SLACK and high >= 0)


def difference(labels: IntArray, new: BoolArray, old: BoolArray, groups: IntArray) -> Difference:
    """Paired difference of balanced accuracy: `new` and `old` say which of the n faces each got right.

    Per class by Bonett & Price (2012, Br. J. Math. Stat. Psychol. 65:151), which is not empty when the models
    agree on every face, with n over the design effect of the groups; combined by MOVER.
    """
    parts = [_of_class(new[of], old[of], groups[of]) for c in np.unique(labels) if (of := labels == c).any()]
    value, low, high = (np.array([part[key] for part in parts]) for key in ("value", "low", "high"))
    mean = float(value.mean())
    below, above = (float(np.sqrt(((value - edge) ** 2).sum())) / len(parts) for edge in (low, high))
    interval = {"value": mean, "low": max(-1.0, mean - below), "high": min(1.0, mean + above)}
    return Difference(interval, len(labels), len(np.unique(groups)))


def _of_class(new: BoolArray, old: BoolArray, groups: IntArray) -> Interval:
    gain = new.astype(float) - old.astype(float)
    n = len(gain) / design_effect(gain, groups)
    won, lost = ((float((gain == sign).mean()) * n + 1) / (n + 2) for sign in (1.0, -1.0))
    half = Z95 * np.sqrt((won + lost - (won - lost) ** 2) / (n + 2))
    value = float(gain.mean())
    return {
        "value": value,
        "low": min(value, won - lost - half),
        "high": max(value, won - lost + half),
    }


@dataclass(frozen=True)
class PromotionDecision:
    """Promote or not, why in words, and the difference behind it."""

    promote: bool
    reason: str
    figures: dict[str, Any] | None = None


def decide_promotion(found: Difference | None, where: str) -> PromotionDecision:
    """RULE, applied to a difference on the faces of `where`."""
    if found is None:
        reason = (
            "There are too few faces that both models never learned from; the newer one knows more answers."
        )
        return PromotionDecision(True, reason)
    value, low, high = (100 * found.interval[key] for key in ("value", "low", "high"))
    told = (
        f"balanced accuracy {value:+.1f} points ({low:+.1f} to {high:+.1f})"
        f" against the live model on the same {found.n} {where} faces of {found.people} people"
    )
    figures = {"on": where, "n": found.n, "people": found.people, "difference": found.interval}
    if found.not_worse:
        return PromotionDecision(True, f"Not worse than the live model: {told}.", figures)
    return PromotionDecision(False, f"Worse than the live model: {told}. The live model stays.", figures)
