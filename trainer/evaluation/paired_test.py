"""Two models on the same faces: the difference of their balanced accuracies, and the rule of promotion."""

from dataclasses import dataclass
from typing import Any

from db.confidence_intervals import Interval, count_by_person, mean_difference
from db.i18n import N_
from db.messages import Message, message
from trainer.arrays import BoolArray, IntArray

RULE = N_(
    "A new model goes live unless it is worse: it is kept back only where the whole 95 %% interval of the"
    " difference in balanced accuracy, on faces that neither model learned from, lies below 0."
)
FIRST_MODEL = N_("It is the first model.")
TOO_FEW_SHARED = N_(
    "There are too few faces that both models never learned from; the newer one knows more answers."
)
BETTER = N_(
    "Better than the live model: balanced accuracy %(value)s points (%(low)s to %(high)s; %(n)s faces,"
    " %(persons)s persons)."
)
SAME = N_(
    "Cannot be told apart from the live model: balanced accuracy %(value)s points (%(low)s to %(high)s;"
    " %(n)s faces, %(persons)s persons). The newer one knows more answers."
)
WORSE = N_(
    "Worse than the live model: balanced accuracy %(value)s points (%(low)s to %(high)s; %(n)s faces,"
    " %(persons)s persons). The live model stays."
)


@dataclass(frozen=True)
class Difference:
    """New minus old balanced accuracy on the same n faces of `persons` persons, with a 95 % interval.

    A photo without a person counts as a person of its own, its near repeats together.
    """

    interval: Interval
    n: int
    persons: int

    @property
    def better(self) -> bool:
        return self.interval["low"] > 0

    @property
    def worse(self) -> bool:
        return self.interval["high"] < 0


def difference(labels: IntArray, new: BoolArray, old: BoolArray, groups: IntArray) -> Difference:
    """Paired difference of balanced accuracy of two models on the same n faces.

    `labels` and `groups` are (n,); `new` and `old` (n,) say which faces each model got right.
    """
    faces, won, lost = count_by_person(groups, labels, new & ~old, old & ~new)
    return Difference(mean_difference(won, lost, faces), len(labels), len(faces))


@dataclass(frozen=True)
class PromotionDecision:
    """Whether to promote the newer model, the reason, and the difference it rests on."""

    promote: bool
    reason: Message
    figures: dict[str, Any] | None = None


def decide_promotion(gap: Difference | None) -> PromotionDecision:
    """Apply RULE; None means that there are too few faces to compare on."""
    if gap is None:
        return PromotionDecision(True, message(TOO_FEW_SHARED))
    figures = {"n": gap.n, "persons": gap.persons, "difference": gap.interval}
    text = BETTER if gap.better else WORSE if gap.worse else SAME
    return PromotionDecision(not gap.worse, message(text, **in_points(gap)), figures)


def in_points(gap: Difference) -> dict[str, Any]:
    """The values of a sentence about the difference."""
    points = {key: f"{100 * gap.interval[key]:+.1f}" for key in ("value", "low", "high")}
    return points | {"n": gap.n, "persons": gap.persons}
