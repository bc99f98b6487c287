"""How many labels did choosing faces save? Arrays in, a plain dict out.

The curve of random labelling (`random_baseline`) is followed to where it reaches the accuracy of the labels
given, both on the same locked faces. The width of the interval depends on their number: with 250 to 450 it is
most of the pool, even if every label of the pool were known.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.isotonic import isotonic_regression
from threadpoolctl import threadpool_limits

from db.confidence_intervals import Z95, count_by_person, mean_difference
from db.i18n import N_
from trainer.arrays import BoolArray, FloatArray, IntArray
from trainer.evaluation.metrics import resampled_balanced_accuracy
from trainer.label_efficiency.random_baseline import (
    AnsweredPool,
    RandomBaseline,
    reduce_dimensions,
    replay_random,
)
from trainer.label_efficiency.simulate import LabelledFaces

RESAMPLES = 500
LEVEL = 0.95
MIN_LABELS, MIN_CONTROL, MIN_LOCKED, MIN_PEOPLE = 50, 5, 20, 12
"""Needed for a figure: answers, random ones among them, locked faces of each class, locked people."""
FEW_LABELS = N_("Labels saved can be measured from %(least)s answers on; there are %(n)s.")
FEW_CONTROL = N_("Labels saved needs %(least)s answers to faces chosen at random; there are %(n)s.")
FEW_LOCKED = N_("Labels saved needs %(least)s locked faces of each class; one has %(n)s.")
FEW_PEOPLE = N_("Labels saved needs locked faces of %(least)s people; there are %(n)s.")


def too_little(
    labelled: LabelledFaces, control: BoolArray, locked: LabelledFaces
) -> tuple[str, dict[str, int]] | None:
    """Why there can be no figure yet, as (text for the catalogue, its values); None if there can."""
    classes = int(max(labelled.labels.max(initial=0), locked.labels.max(initial=0), 1)) + 1
    available = (
        (FEW_LABELS, len(labelled.labels), MIN_LABELS),
        (FEW_CONTROL, int(control.sum()), MIN_CONTROL),
        (FEW_LOCKED, int(np.bincount(locked.labels, minlength=classes).min()), MIN_LOCKED),
        (FEW_PEOPLE, len(np.unique(locked.groups)), MIN_PEOPLE),
    )
    return next(((text, {"n": n, "least": least}) for text, n, least in available if n < least), None)


def labels_saved(
    pool: AnsweredPool, seed: int = 0, heartbeat: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """Labels that random labelling would have needed for the accuracy reached, less the n that were given.

    Call `too_little` first. In the result `low` and `high` are a 95 % interval of `value`; `labels` is what
    random labelling would have needed, never more than the pool; `capped`: not even the whole pool would be
    enough, so the value is a lower bound; `given` labels were given; `n` counts locked faces. `heartbeat` is
    called about every second and may raise to stop.
    """
    labelled, locked = pool.labelled, pool.locked
    features = reduce_dimensions([labelled.features, pool.unlabelled, locked.features])
    # People of the two sides are different ones even where their numbers are equal.
    offset = labelled.groups.max() + 1 - locked.groups.min()
    reduced = AnsweredPool(
        LabelledFaces(features[0], labelled.labels, labelled.groups),
        pool.control,
        features[1],
        LabelledFaces(features[2], locked.labels, locked.groups + offset),
    )
    rng = np.random.default_rng(seed)
    with threadpool_limits(1):
        baseline = replay_random(reduced, rng, heartbeat)
    needed, low, high, capped = _labels_needed(baseline, locked.labels, reduced.locked.groups, rng)
    count = len(labelled.labels)
    return {
        "value": round(needed - count),
        "low": round(low - count),
        "high": round(high - count),
        "labels": round(needed),
        "given": count,
        "capped": capped,
        "pool": count + len(pool.unlabelled),
        "control": int(pool.control.sum()),
        "n": len(locked.labels),
    }


def _labels_needed(
    baseline: RandomBaseline, labels: IntArray, groups: IntArray, rng: np.random.Generator
) -> tuple[float, float, float, bool]:
    """Labels that random labelling needs, the ends of the interval, and whether the pool is too small for it.

    Locked people and replays are resampled together; the uncertainty that resampling cannot show is added as
    normal noise.
    """
    people, members = np.unique(groups, return_inverse=True)
    draws = rng.multinomial(len(people), np.full(len(people), 1 / len(people)), RESAMPLES)[:, members]
    replays = len(baseline.random)
    replay_draws = rng.multinomial(replays, np.full(replays, 1 / replays), RESAMPLES)
    curves, reached = _curves(baseline, labels, np.ones((1, len(labels))), np.ones((1, replays)))
    needed, capped = crossing(baseline.sizes, curves[0], reached[0])
    curves, reached = _curves(baseline, labels, draws.astype(float), replay_draws.astype(float))
    reached += _discordance_sd(labels, groups) * rng.normal(size=RESAMPLES)
    resampled = [crossing(baseline.sizes, c, r)[0] for c, r in zip(curves, reached, strict=True)]
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return needed, min(float(low), needed), max(float(high), needed), capped


def _discordance_sd(labels: IntArray, groups: IntArray) -> float:
    """Standard deviation of the difference in accuracy of two models that agree on every face.

    Resampling such faces would leave no uncertainty.
    """
    (faces,) = count_by_person(groups, labels)
    nothing = np.zeros_like(faces)
    return mean_difference(nothing, nothing, faces)["high"] / Z95


def _curves(
    baseline: RandomBaseline, labels: IntArray, face_weights: FloatArray, replay_weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Balanced accuracy by size (resamples, s), and that of the labelled faces' model (resamples,).

    The weights, (resamples, T) and (resamples, replays), are how often each is in a resample.
    """
    share = replay_weights / replay_weights.sum(axis=1, keepdims=True)
    curves = np.einsum(
        "brs,br->bs", resampled_balanced_accuracy(baseline.random, labels, face_weights), share
    )
    return curves, resampled_balanced_accuracy(baseline.reached, labels, face_weights)


def crossing(sizes: IntArray, curve: FloatArray, reached: float) -> tuple[float, bool]:
    """Labels at which the isotonic curve, linear in log labels, first reaches this accuracy.

    (the largest size, True) if it never does.
    """
    rising = isotonic_regression(curve)
    if rising[-1] < reached:
        return float(sizes[-1]), True
    after = int(np.argmax(rising >= reached))
    if after == 0:
        return float(sizes[0]), False
    fraction = (reached - rising[after - 1]) / (rising[after] - rising[after - 1])
    return float(np.exp((1 - fraction) * np.log(sizes[after - 1]) + fraction * np.log(sizes[after]))), False
