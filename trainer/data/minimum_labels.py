"""The least numbers of labelled faces for training and for simulations."""

from collections.abc import Mapping, Sequence

from trainer.errors import NotEnoughLabels

PER_CLASS_TO_TRAIN = 4
"""With fewer, a split by person can leave a class out of training or validation."""
PER_CLASS_TO_FINE_TUNE = 100
"""Fine-tuning trains a million weights, which overfit on fewer faces."""
TO_SIMULATE = 60
"""Half of them can be chosen from: enough for the start of a simulation and one batch."""
PER_CLASS_TO_SIMULATE = 15
"""Half of them are measured on: with fewer, one mistake moves the curve by more than 15 points of recall."""


def missing_to_train(
    counts: Mapping[str, int], classes: Sequence[str], least: int = PER_CLASS_TO_TRAIN
) -> dict[str, int]:
    """How many more faces each class needs; classes that have enough are left out."""
    return {name: least - counts.get(name, 0) for name in classes if counts.get(name, 0) < least}


def require_for_training(
    counts: Mapping[str, int], classes: Sequence[str], *, fine_tune: bool = False
) -> None:
    """Raises NotEnoughLabels unless `counts` has enough faces of each class, without the locked set."""
    least = PER_CLASS_TO_FINE_TUNE if fine_tune else PER_CLASS_TO_TRAIN
    if not missing_to_train(counts, classes, least):
        return
    listed = ", ".join(f"{name}: {counts.get(name, 0)}" for name in classes)
    raise NotEnoughLabels(
        "not_enough_labels",
        f"{'Fine-tuning' if fine_tune else 'Training'} needs at least {least} labelled faces of each class"
        f" ({listed}).",
        "The locked test share does not count. Label some more, then train.",
    )


def require_for_simulation(counts: Mapping[str, int]) -> None:
    """Raises NotEnoughLabels unless `counts` has enough faces, of at least two classes."""
    present = [count for count in counts.values() if count]
    if len(present) >= 2 and min(present) >= PER_CLASS_TO_SIMULATE and sum(present) >= TO_SIMULATE:
        return
    listed = ", ".join(f"{name}: {count}" for name, count in counts.items()) or "none"
    raise NotEnoughLabels(
        "not_enough_labels",
        f"A simulation needs at least {TO_SIMULATE} labelled faces, {PER_CLASS_TO_SIMULATE} or more of each"
        f" of two classes (there are {listed}).",
        "Label more faces, or give it a folder that has a subfolder for each class.",
    )
