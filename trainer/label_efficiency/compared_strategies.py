"""The strategies that a simulation compares: the workbench's own and the usual ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from db.settings import settings
from trainer.arrays import Float32Array, FloatArray, IntArray
from trainer.selection import policy, strategies


@dataclass(frozen=True)
class PoolState:
    """What a strategy may look at.

    Features of the unlabelled faces (m, d), their predicted probabilities (m, classes), or None without a
    model, and features of the labelled faces (k, d).
    """

    unlabelled: Float32Array
    probabilities: FloatArray | None
    labelled: Float32Array
    rng: np.random.Generator


Strategy = Callable[[PoolState, int], IntArray]
"""Takes the pool and n; returns indices of at most n unlabelled faces, best first."""


def workbench_policy(state: PoolState, n: int, mix: Mapping[str, int] | None = None) -> IntArray:
    """A batch as the review plan would choose it, by the shares of `mix` (REVIEW_MIX by default).

    Doubtful boxes and weak slices do not occur in a simulation; their places go to uncertain faces.
    """
    rng, probabilities = state.rng, state.probabilities
    pool = policy.FacePool(
        rng.permutation(len(state.unlabelled)),
        rng.permutation(len(state.labelled)),
        lambda indices: (indices, state.unlabelled[indices]),
        lambda indices: (indices, state.labelled[indices]),
        {} if probabilities is None else _least_sure(probabilities, n * policy.UNCERTAIN_PER_FACE),
    )
    if probabilities is None:
        return np.array(policy.typical(pool, n, rng), np.int64)
    batch = policy.mixed_batches(pool, {}, settings().review_mix if mix is None else mix, [n], rng)
    return np.array([candidate.face_id for candidate in batch], np.int64)


def _least_sure(probabilities: FloatArray, n: int) -> dict[int, float]:
    """The n smallest margins by index, ascending."""
    indices, margins = strategies.margin(probabilities, n), strategies.margins(probabilities)
    return dict(zip(indices.tolist(), margins[indices].tolist(), strict=True))


def at_random(state: PoolState, n: int) -> IntArray:
    return state.rng.permutation(len(state.unlabelled))[:n]


def _by_model(choose: Callable[[FloatArray, PoolState, int], IntArray]) -> Strategy:
    """A strategy that chooses at random until there is a model."""
    return lambda state, n: (
        at_random(state, n) if state.probabilities is None else choose(state.probabilities, state, n)
    )


STRATEGIES: dict[str, Strategy] = {
    "default": workbench_policy,
    "random": at_random,
    "margin": _by_model(lambda p, state, n: strategies.margin(p, n)),
    "entropy": _by_model(lambda p, state, n: strategies.entropy(p, n)),
    "clustered margin": _by_model(
        lambda p, state, n: strategies.clustered_margin(p, state.unlabelled, n, state.rng)
    ),
    "density": lambda state, n: strategies.density(state.unlabelled, n, state.rng, state.labelled),
    "k-centre": lambda state, n: strategies.k_centre(state.unlabelled, n, state.rng, state.labelled),
    "badge": _by_model(lambda p, state, n: strategies.badge(p, state.unlabelled, n, state.rng)),
}
