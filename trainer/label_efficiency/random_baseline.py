"""What accuracy would random labelling have had, at n labels? Arrays in, arrays out.

The open pool is completed: true answers where there are any, the rest drawn from the calibrated probabilities
of a head (multiple imputation, Rubin 1987). A head fitted to draws hardly beats the head that drew them, so
drawn by a model of the labelled faces alone random labelling would never seem to get where they got. So the
head that draws also learns from two thirds of the locked people, and who is right is asked on the others.
(These heads are thrown away; no model that anybody uses learns from a locked face.)
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.model_selection import GroupKFold

from trainer.arrays import BoolArray, Float32Array, FloatArray, IntArray, softmax
from trainer.evaluation.metrics import temperature
from trainer.label_efficiency.simulate import LabelledFaces, fit

DIMENSIONS = 64
"""Principal components kept. The heads turn with the axes: only what is cut off is lost."""
FOLDS, REPLAYS, STEPS = 3, 8, 12
"""Parts of the locked people, random orders for each of them, sizes at which an order is measured."""
SMALLEST = 16


@dataclass(frozen=True)
class Replays:
    """Who was right, on each of T locked faces: heads of `sizes` (s,) random faces (replays, s, T), and the
    head of what was labelled (T,)."""

    sizes: IntArray
    random: BoolArray
    reached: BoolArray


def reduced(parts: list[NDArray[np.floating]]) -> list[Float32Array]:
    """The same rows in at most DIMENSIONS principal components, not rescaled."""
    rows = np.concatenate(parts).astype(np.float32)
    kept = min(DIMENSIONS, *rows.shape)
    if kept < rows.shape[1]:
        rows = PCA(kept, svd_solver="randomized", random_state=0).fit_transform(rows)
    return np.split(rows, np.cumsum([len(part) for part in parts])[:-1])


def replayed(
    labelled: LabelledFaces,
    control: BoolArray,
    unlabelled: Float32Array,
    locked: LabelledFaces,
    chance: np.random.Generator,
    beat: Callable[[], None],
) -> Replays:
    """Random labelling, REPLAYS times for each FOLDS-th of the locked people, measured on these."""
    pool = np.concatenate([labelled.features, unlabelled])
    sizes = np.unique(np.geomspace(min(SMALLEST, len(pool)), len(pool), STEPS).astype(np.int64))
    random = np.zeros((REPLAYS, len(sizes), len(locked.labels)), bool)
    for replay in random:
        for asked in _parts(locked.groups, chance):
            beat()
            others, on = _rows(locked, ~asked), _rows(locked, asked)
            drawn = _imputed(_joined(labelled, others), _tail(control, others), unlabelled, chance)
            completed = np.concatenate([labelled.labels, drawn])
            replay[:, asked] = _order(pool, completed, sizes, on, chance)
    return Replays(sizes, random, right(labelled.features, labelled.labels, locked))


def _parts(groups: IntArray, chance: np.random.Generator) -> list[BoolArray]:
    """FOLDS masks (T,), no group in two of them."""
    people, of = np.unique(groups, return_inverse=True)
    part = (chance.permutation(len(people)) % FOLDS)[of]
    return [part == k for k in range(FOLDS)]


def _rows(known: LabelledFaces, mask: BoolArray) -> LabelledFaces:
    return LabelledFaces(known.features[mask], known.labels[mask], known.groups[mask])


def _joined(one: LabelledFaces, other: LabelledFaces) -> LabelledFaces:
    return LabelledFaces(
        np.concatenate([one.features, other.features]),
        np.concatenate([one.labels, other.labels]),
        np.concatenate([one.groups, other.groups]),
    )


def _tail(control: BoolArray, others: LabelledFaces) -> BoolArray:
    """Which of the labelled and other locked faces are random: all of the latter."""
    return np.concatenate([control, np.ones(len(others.labels), bool)])


def right(features: Float32Array, labels: IntArray, on: LabelledFaces) -> BoolArray:
    """Where a head of these labels is right; of one class alone, it says that class."""
    if (labels == labels[0]).all():
        return np.asarray(on.labels == labels[0])
    return np.asarray(fit(features, labels).predict(on.features) == on.labels)


def _order(
    features: Float32Array, labels: IntArray, sizes: IntArray, on: LabelledFaces, chance: np.random.Generator
) -> BoolArray:
    """(sizes, asked): who is right after so many labels of one random order."""
    order = chance.permutation(len(labels))
    return np.array([right(features[order[:n]], labels[order[:n]], on) for n in sizes])


def _imputed(
    known: LabelledFaces, random: BoolArray, unlabelled: Float32Array, chance: np.random.Generator
) -> IntArray:
    """Labels (m,), drawn from the chances that a head of the known faces gives them."""
    if not len(unlabelled):
        return np.zeros(0, np.int64)
    warmth, tilt = _calibration(known, random)
    logits = _logits(known, unlabelled, len(tilt))
    edges = softmax(logits / warmth + tilt).cumsum(axis=1)[:, :-1]
    return np.asarray((chance.random((len(logits), 1)) > edges).sum(axis=1))


def _logits(known: LabelledFaces, features: Float32Array, classes: int) -> FloatArray:
    """Log probabilities (m, classes); of a class that is not among the known, next to none."""
    logits = np.full((len(features), classes), np.log(1e-6))
    if (known.labels == known.labels[0]).all():
        logits[:, known.labels[0]] = 0
        return logits
    fitted = fit(known.features, known.labels)
    logits[:, fitted.classes_] = np.log(np.clip(fitted.predict_proba(features), 1e-6, 1))
    return logits


def _calibration(known: LabelledFaces, random: BoolArray) -> tuple[float, FloatArray]:
    """Temperature, and what to add to the logits of each class so that it is as frequent as it should be.

    By people the head did not see, and of these by the random ones: the chosen are not like the pool.
    """
    classes = int(known.labels.max()) + 1
    logits = np.zeros((len(known.labels), classes))
    for seen, asked in GroupKFold(3).split(known.features, groups=known.groups):
        mask = np.isin(np.arange(len(logits)), seen)
        logits[asked] = _logits(_rows(known, mask), known.features[asked], classes)
    labels, logits = known.labels[random], logits[random]
    warmth, tilt = temperature(labels, logits), np.zeros(classes)
    for _ in range(10):  # as EM for priors does (Saerens et al. 2002), with one more face of each class
        said = softmax(logits / warmth + tilt).sum(axis=0)
        tilt += np.log((np.bincount(labels, minlength=classes) + 1) / (said + 1))
    return warmth, tilt
