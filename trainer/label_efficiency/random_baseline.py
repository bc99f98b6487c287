"""What accuracy would random labelling have reached with n labels? Arrays in, arrays out.

The unlocked pool is completed: given answers where there are any, the other labels drawn from the calibrated
probabilities of a model (multiple imputation, Rubin 1987). A model fitted to drawn labels hardly beats the
model that drew them; if that were fitted to the labelled faces alone, random labelling would never seem to
reach their accuracy. The drawing model therefore also learns from two thirds of the locked people, and
accuracy is measured on the remaining third. These models are thrown away: no model that is used learns from a
locked face.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.model_selection import GroupKFold

from trainer.arrays import BoolArray, Float32Array, FloatArray, IntArray, softmax
from trainer.evaluation.metrics import fit_temperature
from trainer.label_efficiency.simulate import LabelledFaces, fit

DIMENSIONS = 64
"""Principal components kept. The models are invariant to rotation, so only what is cut off is lost."""
FOLDS, REPLAYS, SIZES = 3, 8, 12
"""Parts of the locked people, random orders for each of them, and label counts at which an order is
measured."""
SMALLEST = 16
EM_STEPS = 10


@dataclass(frozen=True)
class AnsweredPool:
    """The labelled faces, `control` (n,) marking those that were chosen at random, the features (m, d) of the
    unlabelled faces, and the locked faces."""

    labelled: LabelledFaces
    control: BoolArray
    unlabelled: NDArray[np.floating]
    locked: LabelledFaces


@dataclass(frozen=True)
class RandomBaseline:
    """Which of the T locked faces are classified correctly.

    `random` (replays, s, T) by models of `sizes` (s,) random faces; `reached` (T,) by the model of the
    labelled faces.
    """

    sizes: IntArray
    random: BoolArray
    reached: BoolArray


def reduce_dimensions(parts: list[NDArray[np.floating]]) -> list[Float32Array]:
    """The same rows in at most DIMENSIONS principal components, not rescaled."""
    rows = np.concatenate(parts).astype(np.float32)
    kept = min(DIMENSIONS, *rows.shape)
    if kept < rows.shape[1]:
        rows = PCA(kept, svd_solver="randomized", random_state=0).fit_transform(rows)
    return np.split(rows, np.cumsum([len(part) for part in parts])[:-1])


def replay_random(
    pool: AnsweredPool, rng: np.random.Generator, heartbeat: Callable[[], None]
) -> RandomBaseline:
    """Label at random, REPLAYS times for each of FOLDS parts of the locked people, and measure on that
    part."""
    labelled, locked = pool.labelled, pool.locked
    unlabelled = np.asarray(pool.unlabelled, np.float32)
    features = np.concatenate([labelled.features, unlabelled])
    sizes = np.unique(np.geomspace(min(SMALLEST, len(features)), len(features), SIZES).astype(np.int64))
    random = np.zeros((REPLAYS, len(sizes), len(locked.labels)), bool)
    for replay in random:
        for measured in _locked_parts(locked.groups, rng):
            heartbeat()
            others, measured_faces = _rows(locked, ~measured), _rows(locked, measured)
            is_random = np.concatenate([pool.control, np.ones(len(others.labels), bool)])
            drawn = _impute(_concatenate(labelled, others), is_random, unlabelled, rng)
            completed = np.concatenate([labelled.labels, drawn])
            replay[:, measured] = _one_order(features, completed, sizes, measured_faces, rng)
    return RandomBaseline(sizes, random, is_correct(labelled.features, labelled.labels, locked))


def _locked_parts(groups: IntArray, rng: np.random.Generator) -> list[BoolArray]:
    """FOLDS masks (T,), no group in two of them."""
    people, members = np.unique(groups, return_inverse=True)
    part = (rng.permutation(len(people)) % FOLDS)[members]
    return [part == k for k in range(FOLDS)]


def _rows(faces: LabelledFaces, mask: BoolArray) -> LabelledFaces:
    return LabelledFaces(faces.features[mask], faces.labels[mask], faces.groups[mask])


def _concatenate(first: LabelledFaces, second: LabelledFaces) -> LabelledFaces:
    return LabelledFaces(
        np.concatenate([first.features, second.features]),
        np.concatenate([first.labels, second.labels]),
        np.concatenate([first.groups, second.groups]),
    )


def is_correct(features: Float32Array, labels: IntArray, measured: LabelledFaces) -> BoolArray:
    """Where the model of these labels is right; of a single class, it always predicts that class."""
    if (labels == labels[0]).all():
        return np.asarray(measured.labels == labels[0])
    return np.asarray(fit(features, labels).predict(measured.features) == measured.labels)


def _one_order(
    features: Float32Array,
    labels: IntArray,
    sizes: IntArray,
    measured: LabelledFaces,
    rng: np.random.Generator,
) -> BoolArray:
    """Which faces are classified correctly (sizes, measured) after `sizes` labels of one random order."""
    order = rng.permutation(len(labels))
    return np.array([is_correct(features[order[:n]], labels[order[:n]], measured) for n in sizes])


def _impute(
    labelled: LabelledFaces, is_random: BoolArray, unlabelled: Float32Array, rng: np.random.Generator
) -> IntArray:
    """Labels (m,) drawn from the probabilities that a model of the labelled faces gives to the unlabelled."""
    if not len(unlabelled):
        return np.zeros(0, np.int64)
    temperature, class_bias = _calibrate(labelled, is_random)
    logits = _logits(labelled, unlabelled, len(class_bias))
    edges = softmax(logits / temperature + class_bias).cumsum(axis=1)[:, :-1]
    return np.asarray((rng.random((len(logits), 1)) > edges).sum(axis=1))


def _logits(labelled: LabelledFaces, features: Float32Array, classes: int) -> FloatArray:
    """Log probabilities (m, classes); close to zero probability for a class without a labelled face."""
    logits = np.full((len(features), classes), np.log(1e-6))
    if (labelled.labels == labelled.labels[0]).all():
        logits[:, labelled.labels[0]] = 0
        return logits
    model = fit(labelled.features, labelled.labels)
    logits[:, model.classes_] = np.log(np.clip(model.predict_proba(features), 1e-6, 1))
    return logits


def _calibrate(labelled: LabelledFaces, is_random: BoolArray) -> tuple[float, FloatArray]:
    """A temperature, and a bias (classes,) added to the logits so that each class is as frequent as it should
    be.

    Fitted out of fold by people, and only on the random faces: those that were chosen do not represent the
    pool. The bias is found by EM (Saerens et al. 2002) with one more face of each class.
    """
    classes = int(labelled.labels.max()) + 1
    logits = np.zeros((len(labelled.labels), classes))
    for learned, measured in GroupKFold(3).split(labelled.features, groups=labelled.groups):
        mask = np.isin(np.arange(len(logits)), learned)
        logits[measured] = _logits(_rows(labelled, mask), labelled.features[measured], classes)
    labels, logits = labelled.labels[is_random], logits[is_random]
    temperature, class_bias = fit_temperature(labels, logits), np.zeros(classes)
    for _ in range(EM_STEPS):
        expected = softmax(logits / temperature + class_bias).sum(axis=0)
        class_bias += np.log((np.bincount(labels, minlength=classes) + 1) / (expected + 1))
    return temperature, class_bias
