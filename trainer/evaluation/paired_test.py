"""Two models on the same faces: the difference of their balanced accuracies, and the rule of promotion."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from db.confidence_intervals import Z95, Interval
from db.i18n import N_
from trainer.arrays import BoolArray, IntArray
from trainer.evaluation.metrics import design_effect

TOLERANCE = 0.01
"""Loss of balanced accuracy that still counts as "not worse" when 0 lies inside the interval."""
RULE = N_(
    "A new model goes live if its balanced accuracy on the same locked faces is not lower, or lower by at"
    " most one point with no difference inside the 95 %% interval."
)


@dataclass(frozen=True)
class Difference:
    """New minus old balanced accuracy on the same n faces of `people` people, with a 95 % interval."""

    interval: Interval
    n: int
    people: int

    @property
    def not_worse(self) -> bool:
        """The rule of promotion: not lower, or lower by at most TOLERANCE with 0 inside the interval."""
        value, high = self.interval["value"], self.interval["high"]
        return value >= 0 or (value >= -TOLERANCE and high >= 0)


def difference(labels: IntArray, new: BoolArray, old: BoolArray, groups: IntArray) -> Difference:
    """Paired difference of balanced accuracy of two models on the same n faces.

    `labels` and `groups` are (n,); `new` and `old` (n,) say which faces each model got right. The interval of
    a class is Bonett & Price's (2012, Br. J. Math. Stat. Psychol. 65:151), which has a width even when the
    models agree on every face, with n divided by the design effect of the groups; the classes are combined by
    MOVER.
    """
    classes = [labels == c for c in np.unique(labels)]
    parts = [_of_class(new[rows], old[rows], groups[rows]) for rows in classes]
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
    """Whether to promote the newer model, the reason in words, and the difference it rests on."""

    promote: bool
    reason: str
    figures: dict[str, Any] | None = None


def decide_promotion(gap: Difference | None, where: str) -> PromotionDecision:
    """Apply RULE to the difference on the faces of `where`, "locked" or "cross-validated".

    None means that there are too few faces to compare on.
    """
    if gap is None:
        reason = (
            "There are too few faces that both models never learned from; the newer one knows more answers."
        )
        return PromotionDecision(True, reason)
    value, low, high = (100 * gap.interval[key] for key in ("value", "low", "high"))
    comparison = (
        f"balanced accuracy {value:+.1f} points ({low:+.1f} to {high:+.1f})"
        f" against the live model on the same {gap.n} {where} faces of {gap.people} people"
    )
    figures = {"on": where, "n": gap.n, "people": gap.people, "difference": gap.interval}
    if gap.not_worse:
        return PromotionDecision(True, f"Not worse than the live model: {comparison}.", figures)
    reason = f"Worse than the live model: {comparison}. The live model stays."
    return PromotionDecision(False, reason, figures)
