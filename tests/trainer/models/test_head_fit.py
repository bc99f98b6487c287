"""Heads fitted on features: early stopping, several side by side, batches."""

import numpy as np
import pytest

from trainer.data.recipe import Recipe

pytestmark = pytest.mark.slow


def two_classes(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, labels and weights of linearly separable classes, one three times as common as the other.

    The first of two heads sees all rows, the second only the last half.
    """
    labels = (np.arange(n) % 4 == 0).astype(np.int64)
    features = rng.normal(size=(n, 1280))
    features[:, :20] += 2.5 * (2 * labels[:, None] - 1)
    weights = np.ones((n, 2), np.float32)
    weights[: n // 2, 1] = 0
    return features.astype(np.float16), labels, weights


def test_heads_learn_stop_early_and_are_reproducible() -> None:
    from trainer.models.head_fit import Examples, fit_heads

    rng = np.random.default_rng(0)
    train, held_out = Examples(*two_classes(rng, 200)), Examples(*two_classes(rng, 100))
    epochs: list[int] = []
    recipe = Recipe(epochs=200)
    heads, best = fit_heads(train, held_out, 2, recipe, lambda number, metrics: epochs.append(number))
    for head, least in zip(heads, (0.9, 0.8), strict=True):  # the second head learns from half of the faces
        assert (head.logits(held_out.features).argmax(1) == held_out.labels).mean() > least
    assert epochs[-1] <= min(200, best + recipe.patience)
    again, _ = fit_heads(train, held_out, 2, recipe)
    assert np.array_equal(heads[0].kernel, again[0].kernel)


def test_a_head_fitted_beside_another_equals_one_fitted_alone() -> None:
    from trainer.models.head_fit import Examples, fit_heads

    features, labels, weights = two_classes(np.random.default_rng(1), 200)
    recipe = Recipe(epochs=5, patience=0)
    both, _ = fit_heads(Examples(features, labels, weights), None, 2, recipe)
    seen = weights[:, 1] > 0
    alone, _ = fit_heads(
        Examples(features[seen], labels[seen], np.ones((seen.sum(), 1), np.float32)), None, 2, recipe
    )
    assert np.abs(both[1].kernel - alone[0].kernel).max() < 1e-5
    assert np.abs(both[0].kernel - alone[0].kernel).max() > 1e-3


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "sgd"])
def test_heads_learn_from_batches_with_every_optimiser(optimiser: str) -> None:
    from trainer.models.head_fit import Examples, fit_heads

    train = Examples(*two_classes(np.random.default_rng(2), 400))
    recipe = Recipe(optimiser=optimiser, batch=64, epochs=5)
    heads, _ = fit_heads(train, None, 2, recipe)
    assert (heads[0].logits(train.features).argmax(1) == train.labels).mean() > 0.95
    assert np.array_equal(heads[0].kernel, fit_heads(train, None, 2, recipe)[0][0].kernel)
