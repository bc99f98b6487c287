"""Labelling replayed on faces whose labels are known: how soon would each way of choosing have got there?"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from threadpoolctl import threadpool_limits

from trainer.arrays import Float32Array, FloatArray, IntArray
from trainer.selection import strategies

START, BATCH = 20, 10
STRENGTH = 0.02
"""1 over the penalty: of 0.0003 to 0.1 the one that agrees best with the head of a quick run (on 92 to 97 %
of faces not seen, for 40 to 400 labels of benchmarks/selection.py)."""
Curve = list[tuple[int, float]]
"""(labels, balanced accuracy on faces of people that nothing was chosen from), by labels."""


@dataclass(frozen=True)
class Known:
    """features (n, d), class of each face (n,), person or near-repeat group (n,)."""

    features: Float32Array
    labels: IntArray
    groups: IntArray


@dataclass(frozen=True)
class State:
    """What may be looked at to choose: the faces that are left (n, d), what the model says of them (None:
    there is no model), those that are labelled (m, d)."""

    left: Float32Array
    probabilities: FloatArray | None
    labelled: Float32Array
    chance: np.random.Generator


Strategy = Callable[[State, int], IntArray]


def default(state: State, n: int) -> IntArray:
    """The workbench's own: density as long as there is no model, then herding."""
    if state.probabilities is None:
        return strategies.density(state.left, n, state.chance, state.labelled)
    return strategies.herding(state.probabilities, state.left, n)


def _random(state: State, n: int) -> IntArray:
    return state.chance.permutation(len(state.left))[:n]


def _by_model(choose: Callable[[FloatArray, State, int], IntArray]) -> Strategy:
    """A strategy that chooses at random until there is a model."""
    return lambda state, n: (
        _random(state, n) if state.probabilities is None else choose(state.probabilities, state, n)
    )


STRATEGIES: dict[str, Strategy] = {
    "default": default,
    "random": _random,
    "margin": _by_model(lambda p, state, n: strategies.margin(p, n)),
    "entropy": _by_model(lambda p, state, n: strategies.entropy(p, n)),
    "clustered margin": _by_model(
        lambda p, state, n: strategies.clustered_margin(p, state.left, n, state.chance)
    ),
    "density": lambda state, n: strategies.density(state.left, n, state.chance, state.labelled),
    "k-centre": lambda state, n: strategies.k_centre(state.left, n, state.chance, state.labelled),
    "badge": _by_model(lambda p, state, n: strategies.badge(p, state.left, n, state.chance)),
}


def halves(known: Known, seed: int) -> tuple[IntArray, IntArray]:
    """Places to choose from, and places to measure on: no group is in both."""
    groups = np.random.default_rng(seed).permutation(np.unique(known.groups))
    measured = np.isin(known.groups, groups[: len(groups) // 2])
    return np.flatnonzero(~measured), np.flatnonzero(measured)


def learner(strength: float = STRENGTH) -> LogisticRegression:
    """What the head is, to be fitted to its optimum."""
    return LogisticRegression(C=strength, max_iter=300, class_weight="balanced")


def model(features: Float32Array, labels: IntArray, strength: float = STRENGTH) -> LogisticRegression:
    """The learner, fitted."""
    return learner(strength).fit(features, labels)


def replay(known: Known, strategy: Strategy, seed: int, upto: int) -> Curve:
    """`replay_on` the seed's halves."""
    return replay_on(known, strategy, halves(known, seed), np.random.default_rng([seed, 1]), upto)


def replay_on(
    known: Known,
    strategy: Strategy,
    parts: tuple[IntArray, IntArray],
    chance: np.random.Generator,
    upto: int,
    strength: float = STRENGTH,
) -> Curve:
    """Label START faces, then BATCH at a time as the strategy says, up to `upto` or all there are.

    `parts`: places to choose from, and to measure on. The curve begins with the first model, so it is empty
    when one class never came up.
    """
    pool, measured = parts
    left, labelled, curve = pool, pool[:0], []
    fitted: LogisticRegression | None = None
    # The products are small: with two threads on two busy cores they took 20 times as long.
    with threadpool_limits(1):
        while len(left) and len(labelled) < upto:
            said = None if fitted is None else fitted.predict_proba(known.features[left])
            state = State(known.features[left], said, known.features[labelled], chance)
            chosen = _filled(strategy, state, min(BATCH if len(labelled) else START, upto - len(labelled)))
            labelled, left = np.concatenate([labelled, left[chosen]]), np.delete(left, chosen)
            fitted = _fitted(known, labelled, strength)
            if fitted is not None:
                guesses = fitted.predict(known.features[measured])
                accuracy = balanced_accuracy_score(known.labels[measured], guesses)
                curve.append((len(labelled), float(accuracy)))
    return curve


def _filled(strategy: Strategy, state: State, n: int) -> IntArray:
    """What the strategy chooses, made up to n at random: equal faces form fewer clusters than are asked for,
    or none that nothing is known of, and curves compare at the same numbers of labels."""
    chosen = strategy(state, n)
    others = np.setdiff1d(np.arange(len(state.left)), chosen)
    wanting = max(0, min(n, len(state.left)) - len(chosen))
    if wanting == 0:
        return chosen
    return np.concatenate([chosen, state.chance.choice(others, wanting, replace=False)])


def _fitted(known: Known, labelled: IntArray, strength: float) -> LogisticRegression | None:
    """The model of these faces; None unless each class has LEAST_PER_CLASS of them."""
    counts = np.bincount(known.labels[labelled], minlength=int(known.labels.max()) + 1)
    if len(labelled) == 0 or counts.min() < strategies.LEAST_PER_CLASS:
        return None
    return model(known.features[labelled], known.labels[labelled], strength)


def replay_all(known: Known, names: Sequence[str], seeds: int, upto: int) -> Iterator[tuple[str, int, Curve]]:
    """(strategy, seed, curve) of each strategy and seed as they are done, on all cores.

    Closing it early cancels what has not begun.
    """
    pool = ProcessPoolExecutor(mp_context=get_context("spawn"), initializer=_begin, initargs=(known,))
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


def _begin(known: Known) -> None:
    global _known
    _known = known
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A killed parent cannot shut the pool down, and its workers would wait for tasks for ever."""
    parent = parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)


_known: Known


def _replay_one(name: str, seed: int, upto: int) -> Curve:
    return replay(_known, STRATEGIES[name], seed, upto)


def labels_to(curve: Curve, target: float) -> int | None:
    """Labels at which the curve first reaches the target; None: never."""
    return next((labels for labels, accuracy in curve if accuracy >= target), None)
