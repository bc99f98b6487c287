"""Labelling replayed on faces whose labels are known: how many labels does each strategy need?"""

import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from threadpoolctl import threadpool_limits

from trainer.arrays import Float32Array, IntArray
from trainer.label_efficiency.compared_strategies import STRATEGIES, PoolState, Strategy

START, BATCH = 20, 10
INVERSE_PENALTY = 0.02
"""`C` of the logistic regression. Of 0.0003 to 0.1 it agrees best with the head of a quick run: on 92 to 97 %
of unseen faces, for 40 to 400 labels of benchmarks/selection.py."""
MIN_LABELS_PER_CLASS = 2
"""Labels of each class needed to fit a model. With fewer, its uncertainties say less than typicality."""
Curve = list[tuple[int, float]]
"""(labels, balanced accuracy on faces of people that nothing was chosen from), by number of labels."""


@dataclass(frozen=True)
class LabelledFaces:
    """Features (n, d), class index (n,) and person or near-repeat group (n,) of each face."""

    features: Float32Array
    labels: IntArray
    groups: IntArray


@dataclass(frozen=True)
class ReplaySetup:
    """What one replay needs beside the faces.

    Indices to choose from and to measure on, the number of labels to stop at, and `C` of the learner.
    """

    pool: IntArray
    measured: IntArray
    upto: int
    inverse_penalty: float = INVERSE_PENALTY


def halves(faces: LabelledFaces, seed: int) -> tuple[IntArray, IntArray]:
    """Indices to choose from, and indices to measure on: no group is in both."""
    groups = np.random.default_rng(seed).permutation(np.unique(faces.groups))
    measured = np.isin(faces.groups, groups[: len(groups) // 2])
    return np.flatnonzero(~measured), np.flatnonzero(measured)


def learner(inverse_penalty: float = INVERSE_PENALTY) -> LogisticRegression:
    """The same model as the workbench's softmax head, to be fitted to its optimum."""
    return LogisticRegression(C=inverse_penalty, max_iter=300, class_weight="balanced")


def fit(
    features: Float32Array, labels: IntArray, inverse_penalty: float = INVERSE_PENALTY
) -> LogisticRegression:
    return learner(inverse_penalty).fit(features, labels)


def replay(faces: LabelledFaces, strategy: Strategy, seed: int, upto: int) -> Curve:
    """`replay_on` the halves of the seed."""
    return replay_on(
        faces, strategy, ReplaySetup(*halves(faces, seed), upto), np.random.default_rng([seed, 1])
    )


def replay_on(
    faces: LabelledFaces, strategy: Strategy, setup: ReplaySetup, rng: np.random.Generator
) -> Curve:
    """Label START faces, then BATCH at a time as the strategy says, until `upto` or all are labelled.

    The curve begins with the first model, so it is empty when one class never came up.
    """
    unlabelled, labelled, curve = setup.pool, setup.pool[:0], []
    model: LogisticRegression | None = None
    # The matrix products are small: with two threads on two busy cores they took 20 times as long.
    with threadpool_limits(1):
        while len(unlabelled) and len(labelled) < setup.upto:
            probabilities = None if model is None else model.predict_proba(faces.features[unlabelled])
            state = PoolState(faces.features[unlabelled], probabilities, faces.features[labelled], rng)
            wanted = min(BATCH if len(labelled) else START, setup.upto - len(labelled))
            chosen = _filled_up(strategy(state, wanted), state, wanted)
            labelled = np.concatenate([labelled, unlabelled[chosen]])
            unlabelled = np.delete(unlabelled, chosen)
            model = _fit_if_possible(faces, labelled, setup.inverse_penalty)
            if model is not None:
                predicted = model.predict(faces.features[setup.measured])
                accuracy = balanced_accuracy_score(faces.labels[setup.measured], predicted)
                curve.append((len(labelled), float(accuracy)))
    return curve


def _filled_up(chosen: IntArray, state: PoolState, n: int) -> IntArray:
    """The strategy's choice, made up to n faces at random, so that all curves have the same label counts.

    Identical faces form fewer clusters than asked for, and all of these may contain a labelled face.
    """
    others = np.setdiff1d(np.arange(len(state.unlabelled)), chosen)
    missing = max(0, min(n, len(state.unlabelled)) - len(chosen))
    if missing == 0:
        return chosen
    return np.concatenate([chosen, state.rng.choice(others, missing, replace=False)])


def _fit_if_possible(
    faces: LabelledFaces, labelled: IntArray, inverse_penalty: float
) -> LogisticRegression | None:
    """The model of these faces; None unless there are MIN_LABELS_PER_CLASS of each class."""
    counts = np.bincount(faces.labels[labelled], minlength=int(faces.labels.max()) + 1)
    if len(labelled) == 0 or counts.min() < MIN_LABELS_PER_CLASS:
        return None
    return fit(faces.features[labelled], faces.labels[labelled], inverse_penalty)


def replay_all(
    faces: LabelledFaces, names: Sequence[str], seeds: int, upto: int
) -> Iterator[tuple[str, int, Curve]]:
    """(strategy, seed, curve) of each strategy and seed in order of completion, on all cores.

    Closing it early cancels what has not begun.
    """
    pool = ProcessPoolExecutor(mp_context=get_context("spawn"), initializer=start_worker, initargs=(faces,))
    try:
        tasks = {
            pool.submit(_replay_one, name, seed, upto): (name, seed)
            for seed in range(seeds)
            for name in names
        }
        for done in as_completed(tasks):
            yield (*tasks[done], done.result())
    finally:
        pool.shutdown(cancel_futures=True)


worker_faces: LabelledFaces
"""In a worker process: the faces to replay on."""


def start_worker(faces: LabelledFaces) -> None:
    """Initialise a worker process: keep the faces, and exit when the parent does."""
    global worker_faces
    worker_faces = faces
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    """A killed parent cannot shut the pool down, and its workers would wait for tasks forever."""
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)


def _replay_one(name: str, seed: int, upto: int) -> Curve:
    return replay(worker_faces, STRATEGIES[name], seed, upto)


def labels_to(curve: Curve, target: float) -> int | None:
    """Labels at which the curve first reaches the target; None if it never does."""
    return next((labels for labels, accuracy in curve if accuracy >= target), None)
