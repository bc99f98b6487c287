"""How many labels did choosing save? Arrays in, a plain dict out.

The accuracy of random labelling (trainer.at_random) is followed to where it reaches that of the labels given,
both on the same locked faces. How wide the interval is depends on these: with 250 to 450 of them it is most
of the pool, even if every label of the pool were known.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import isotonic_regression
from threadpoolctl import threadpool_limits

from db.i18n import N_
from trainer.arrays import BoolArray, FloatArray, IntArray
from trainer.evaluation.metrics import design_effect
from trainer.label_efficiency.random_baseline import Replays, reduced, replayed
from trainer.label_efficiency.simulate import LabelledFaces

RESAMPLES = 500
LEVEL = 0.9
LEAST_LABELS, LEAST_CONTROL, LEAST_LOCKED, LEAST_PEOPLE = 50, 5, 20, 12
"""Below these nothing is said: answers, random ones among them, locked faces of each class, locked people."""
FEW_LABELS = N_("Labels saved can be measured from %(least)s answers on; there are %(n)s.")
FEW_CONTROL = N_("Labels saved needs %(least)s answers to faces chosen at random; there are %(n)s.")
FEW_LOCKED = N_("Labels saved needs %(least)s locked faces of each class; one has %(n)s.")
FEW_PEOPLE = N_("Labels saved needs locked faces of %(least)s people; there are %(n)s.")


def too_little(
    labelled: LabelledFaces, control: BoolArray, locked: LabelledFaces
) -> tuple[str, dict[str, int]] | None:
    """Why nothing can be said yet, as (text for the catalogue, its values); None when something can."""
    classes = int(max(labelled.labels.max(initial=0), locked.labels.max(initial=0), 1)) + 1
    there = (
        (FEW_LABELS, len(labelled.labels), LEAST_LABELS),
        (FEW_CONTROL, int(control.sum()), LEAST_CONTROL),
        (FEW_LOCKED, int(np.bincount(locked.labels, minlength=classes).min()), LEAST_LOCKED),
        (FEW_PEOPLE, len(np.unique(locked.groups)), LEAST_PEOPLE),
    )
    return next(((text, {"n": n, "least": least}) for text, n, least in there if n < least), None)


def labels_saved(
    labelled: LabelledFaces,
    control: BoolArray,
    unlabelled: NDArray[np.floating],
    locked: LabelledFaces,
    seed: int = 0,
    beat: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Labels that random labelling would have needed for the accuracy reached, less the n that were given.

    `control` (n,) marks the labelled faces chosen at random. `low` and `high` are a 90 % interval; `labels`
    is what random would have needed, never more than the pool; `capped`: not even all of it would do, so the
    value is the least it can be. `given` were labelled; `n` counts locked faces. Ask `too_little` first.
    `beat` is called every second or so, and ends it by raising.
    """
    rows = reduced([labelled.features, unlabelled, locked.features])
    labelled = LabelledFaces(rows[0], labelled.labels, labelled.groups)
    # Persons of the two sides are different ones, whatever their numbers.
    beyond = labelled.groups.max() + 1 - locked.groups.min()
    locked = LabelledFaces(rows[2], locked.labels, locked.groups + beyond)
    chance = np.random.default_rng(seed)
    with threadpool_limits(1):
        told = replayed(labelled, control, rows[1], locked, chance, beat)
    given, pool = len(labelled.labels), len(labelled.labels) + len(unlabelled)
    needed, low, high, capped = _needed(told, locked.labels, locked.groups, chance)
    return {
        "value": round(needed - given),
        "low": round(low - given),
        "high": round(high - given),
        "labels": round(needed),
        "given": given,
        "capped": capped,
        "pool": pool,
        "control": int(control.sum()),
        "n": len(locked.labels),
    }


def _needed(
    told: Replays, labels: IntArray, groups: IntArray, chance: np.random.Generator
) -> tuple[float, float, float, bool]:
    """Labels random needs, the ends of their interval, and whether the pool's end cut them off.

    Locked people and replays are resampled together; what resampling cannot show is added as normal noise.
    """
    people, of = np.unique(groups, return_inverse=True)
    draws = chance.multinomial(len(people), np.full(len(people), 1 / len(people)), RESAMPLES)[:, of]
    replays = len(told.random)
    some = chance.multinomial(replays, np.full(replays, 1 / replays), RESAMPLES)
    curves, reached = _curves(told, labels, np.ones((1, len(labels))), np.ones((1, replays)))
    needed, capped = crossing(told.sizes, curves[0], reached[0])
    curves, reached = _curves(told, labels, draws.astype(float), some.astype(float))
    reached += _unseen(told, labels, groups) * chance.normal(size=RESAMPLES)
    found = [crossing(told.sizes, c, r)[0] for c, r in zip(curves, reached, strict=True)]
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return needed, min(float(low), needed), max(float(high), needed), capped


def _unseen(told: Replays, labels: IntArray, groups: IntArray) -> float:
    """Standard deviation from two more faces of each class, one that only the labelled head has right and
    one that only random's has: without them no doubt is left where both agree (Bonett & Price 2012)."""
    gain, present = told.reached - told.random[:, -1].mean(axis=0), np.unique(labels)
    counts = [(of := labels == c).sum() / design_effect(gain[of], groups[of]) for c in present]
    return float(np.sqrt(sum(2 / (n + 2) ** 2 for n in counts))) / len(present)


def _curves(
    told: Replays, labels: IntArray, faces: FloatArray, replays: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Balanced accuracy by size (resamples, s) and that of the labelled (resamples,).

    `faces` (resamples, T) and `replays` (resamples, replays) are how often each is in a resample.
    """
    share = replays / replays.sum(axis=1, keepdims=True)
    curves = np.einsum("brs,br->bs", balanced(told.random, labels, faces), share)
    return curves, balanced(told.reached, labels, faces)


def balanced(hits: BoolArray, labels: IntArray, faces: FloatArray) -> FloatArray:
    """Mean recall of `hits` (..., T) in each resample: (resamples, ...)."""
    recalls = [
        np.tensordot(faces[:, of], hits[..., of].astype(float), (1, hits.ndim - 1)).T
        / np.maximum(1, faces[:, of].sum(axis=1))
        for c in np.unique(labels)
        if (of := labels == c).any()
    ]
    return np.asarray(np.mean(recalls, axis=0).T)


def crossing(sizes: IntArray, curve: FloatArray, reached: float) -> tuple[float, bool]:
    """Labels at which the rising curve (isotonic; straight in log labels) reaches this; True: it does not."""
    rising = isotonic_regression(curve)
    if rising[-1] < reached:
        return float(sizes[-1]), True
    after = int(np.argmax(rising >= reached))
    if after == 0:
        return float(sizes[0]), False
    part = (reached - rising[after - 1]) / (rising[after] - rising[after - 1])
    return float(np.exp((1 - part) * np.log(sizes[after - 1]) + part * np.log(sizes[after]))), False
