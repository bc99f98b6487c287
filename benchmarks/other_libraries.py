"""Strategies of scikit-activeml and modAL, asked with the same learner on the same arrays as our own."""

import inspect
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from trainer.label_efficiency import simulate
from trainer.label_efficiency.compared_strategies import PoolState, Strategy, at_random
from trainer.label_efficiency.simulate import LabelledFaces

INVERSE_PENALTY = 0.1
"""`C` of the learner: of 0.005 to 1 the best when all faces are labelled, and within noise for 100 random
ones (four folds), so it does not hold random labelling back."""

_label_by_row: dict[bytes, int] = {}


def remember_labels(pool: LabelledFaces) -> None:
    """Let the strategies look up labels by feature row: `PoolState` holds none, and no row occurs twice."""
    _label_by_row.update(zip((row.tobytes() for row in pool.features), pool.labels.tolist(), strict=True))


def _labels_of(state: PoolState) -> np.ndarray:
    return np.array([_label_by_row[row.tobytes()] for row in state.labelled])


def scikit_activeml(make: Callable[[Any, int], Any]) -> Strategy:
    """A strategy of scikit-activeml, made from its `pool` module and a seed."""

    def choose(state: PoolState, n: int) -> np.ndarray:
        from skactiveml import pool
        from skactiveml.classifier import SklearnClassifier

        if state.probabilities is None:
            return at_random(state, n)
        x = np.concatenate([state.labelled, state.unlabelled])
        y = np.concatenate([_labels_of(state), np.full(len(state.unlabelled), np.nan)])

        def learner(seed: int = 0) -> Any:
            return SklearnClassifier(simulate.learner(INVERSE_PENALTY), classes=[0, 1], random_state=seed)

        strategy = make(pool, int(state.rng.integers(2**31)))
        parameters = inspect.signature(strategy.query).parameters
        models = {
            "clf": learner(),
            "discriminator": learner(),
            "ensemble": [learner(seed) for seed in range(5)],
        }
        arguments = {name: model for name, model in models.items() if name in parameters}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return np.asarray(strategy.query(X=x, y=y, batch_size=n, **arguments)) - len(state.labelled)

    return choose


def mod_al(name: str) -> Strategy:
    """The query function of modAL with this name."""

    def choose(state: PoolState, n: int) -> np.ndarray:
        from modAL import batch, uncertainty
        from modAL.models import ActiveLearner

        if state.probabilities is None:
            return at_random(state, n)
        learner = ActiveLearner(
            simulate.learner(INVERSE_PENALTY), X_training=state.labelled, y_training=_labels_of(state)
        )
        query = getattr(batch if "batch" in name else uncertainty, name)
        indices, _ = query(learner, state.unlabelled, n_instances=n)
        return np.asarray(indices)

    return choose


OTHERS: dict[str, Strategy] = {
    "scikit-activeml margin": scikit_activeml(
        lambda p, s: p.UncertaintySampling("margin_sampling", random_state=s)
    ),
    "scikit-activeml entropy": scikit_activeml(lambda p, s: p.UncertaintySampling("entropy", random_state=s)),
    "scikit-activeml BADGE": scikit_activeml(lambda p, s: p.Badge(random_state=s)),
    "scikit-activeml TypiClust": scikit_activeml(lambda p, s: p.TypiClust(random_state=s)),
    "scikit-activeml CoreSet": scikit_activeml(lambda p, s: p.CoreSet(random_state=s)),
    "scikit-activeml ProbCover": scikit_activeml(lambda p, s: p.ProbCover(random_state=s)),
    "scikit-activeml Falcun": scikit_activeml(lambda p, s: p.Falcun(random_state=s)),
    "scikit-activeml DropQuery": scikit_activeml(lambda p, s: p.DropQuery(random_state=s)),
    "scikit-activeml ContrastiveAL": scikit_activeml(lambda p, s: p.ContrastiveAL(random_state=s)),
    "modAL margin": mod_al("margin_sampling"),
    "modAL entropy": mod_al("entropy_sampling"),
    "modAL ranked batch": mod_al("uncertainty_batch_sampling"),
}
