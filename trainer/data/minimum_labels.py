"""How many labelled faces a simulation needs; known before any network is loaded."""

from collections.abc import Mapping

from trainer.errors import NotEnoughLabels

LEAST = 60
"""Half of them can be chosen from: the start of a replay and one batch."""
LEAST_PER_CLASS = 15
"""Half of them are measured on: with fewer one mistake moves the curve by more than 15 points of recall."""


def require_enough(counts: Mapping[str, int]) -> None:
    """Raises NotEnoughLabels unless there are that many, of at least two classes."""
    have = [count for count in counts.values() if count]
    if len(have) >= 2 and min(have) >= LEAST_PER_CLASS and sum(have) >= LEAST:
        return
    listed = ", ".join(f"{name}: {count}" for name, count in counts.items()) or "none"
    raise NotEnoughLabels(
        "not_enough_labels",
        f"A simulation needs at least {LEAST} labelled faces, {LEAST_PER_CLASS} or more of each of two"
        f" classes (there are {listed}).",
        "Label more faces, or give it a folder that has a subfolder for each class.",
    )
