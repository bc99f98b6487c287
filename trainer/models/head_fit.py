"""Fitting heads on features, with compiled steps on the whole set or on batches.

Several heads are fitted side by side on the same features, each with its own weights of the faces: fitting
the model together with the folds of its cross-validation costs little more than fitting one head.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer.arrays import BoolArray, Float32Array, IntArray
from trainer.data.recipe import Recipe
from trainer.features.backbone import FEATURES
from trainer.models.head import Head

Epoch = dict[str, float | None]
"""Loss and accuracy of an epoch, on the training and on the validation faces."""
OnEpoch = Callable[[int, Epoch], None]
"""Called after each epoch with its number, from 1."""
MIN_IMPROVEMENT = 1e-4
"""Early stopping ignores improvements of the loss smaller than this."""
OPTIMISERS: dict[str, Callable[..., Any]] = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "sgd": functools.partial(keras.optimizers.SGD, momentum=0.9),
}


@dataclass(frozen=True)
class Examples:
    """Features (n, 1280), class indices (n,) and weights (n, heads), 0 where a head must not see a face."""

    features: NDArray[np.float16]
    labels: IntArray
    weights: Float32Array

    def tensors(self) -> list[Any]:
        """Copies as TensorFlow constants."""
        return [tf.constant(array) for array in (self.features, self.labels, self.weights)]


def fit_heads(
    train: Examples,
    held_out: Examples | None,
    classes: int,
    recipe: Recipe,
    on_epoch: OnEpoch = lambda number, epoch: None,
) -> tuple[list[Head], int]:
    """Fit until the loss on `held_out` stops falling; returns the heads of the best epoch and its number.

    The weights of `held_out` select the faces that each head is validated on. Without `held_out` the first
    head's training loss decides. `on_epoch` may raise to stop.
    """
    steps = _compiled_steps(classes, train.weights.shape[1], recipe.optimiser)
    steps.reset(recipe)
    count, data = len(train.labels), train.tensors()
    del train  # TensorFlow has a copy of its own: 100 MB for 10,000 faces
    validation = held_out.tensors() if held_out else None
    best, best_loss, best_epoch = steps.snapshot(), np.inf, 0
    for number in range(1, recipe.epochs + 1):
        epoch = _run_epoch(steps, data, validation, count, recipe)
        on_epoch(number, epoch)
        loss = epoch["loss"] if validation is None else epoch["validation_loss"]
        assert loss is not None
        if loss < best_loss - MIN_IMPROVEMENT or not recipe.patience:
            best, best_loss, best_epoch = steps.snapshot(), loss, number
        elif number - best_epoch >= recipe.patience:
            break
    return best, best_epoch


@functools.cache
def warm_up(classes: int) -> None:
    """Trace the steps of a default run, whose first fit would take 0.6 s longer, for its model and its folds.

    With validation people there is one head more.
    """
    recipe = Recipe()
    for heads in (recipe.folds + 1, recipe.folds + 2):
        steps = _compiled_steps(classes, heads, recipe.optimiser)
        steps.reset(recipe)
        examples = Examples(
            np.zeros((classes, FEATURES), np.float16),
            np.arange(classes, dtype=np.int64),
            np.ones((classes, heads), np.float32),
        )
        _run_epoch(steps, examples.tensors(), examples.tensors(), classes, recipe)


def _run_epoch(
    steps: "_CompiledSteps", data: list[Any], validation: list[Any] | None, count: int, recipe: Recipe
) -> Epoch:
    if 0 < recipe.batch < count:
        number = tf.constant(max(recipe.steps, count // recipe.batch))
        trained = steps.sampled(*data, number, recipe.batch)
    else:
        trained = steps.whole(*data, tf.constant(recipe.steps))
    loss, accuracy = (float(x) for x in trained)
    validated = [None, None] if validation is None else [float(x) for x in steps.evaluate(*validation)]
    names = ("loss", "accuracy", "validation_loss", "validation_accuracy")
    return dict(zip(names, [loss, accuracy, *validated], strict=True))


def balanced_weights(labels: IntArray, seen: BoolArray, classes: int, balance: bool) -> Float32Array:
    """Weights (n,) of mean 1 over the rows `seen`, 0 for others; `balance` gives each class the same sum."""
    if not balance:
        return seen.astype(np.float32)
    counts = np.bincount(labels[seen], minlength=classes)
    present = np.count_nonzero(counts)
    weights = seen.sum() / (max(1, present) * np.maximum(1, counts[labels]))
    return np.where(seen, weights, 0).astype(np.float32)


class _CompiledSteps:
    """Weights, optimiser and compiled steps, kept between fits because tracing takes longer than fitting."""

    def __init__(self, classes: int, heads: int, optimiser: str) -> None:
        self._shape = (heads, classes)
        self._kernel = tf.Variable(tf.zeros((FEATURES, heads * classes)))
        self._bias = tf.Variable(tf.zeros(heads * classes))
        self._rng_state = tf.Variable(tf.zeros(2, tf.int32))
        self._optimiser = OPTIMISERS[optimiser]()
        self._optimiser.build([self._kernel, self._bias])
        data = [
            tf.TensorSpec((None, FEATURES), tf.float16),
            tf.TensorSpec((None,), tf.int64),
            tf.TensorSpec((None, heads), tf.float32),
        ]
        number = tf.TensorSpec((), tf.int32)
        self.whole = tf.function(self._whole, input_signature=[*data, number])
        self.sampled = tf.function(self._sampled, input_signature=[*data, number, number])
        self.evaluate = tf.function(self._evaluate, input_signature=data)

    def reset(self, recipe: Recipe) -> None:
        """Give every head the same random kernel, and clear the optimiser's state."""
        heads, classes = self._shape
        kernel = keras.initializers.GlorotUniform(seed=recipe.seed)((FEATURES, classes))
        self._kernel.assign(tf.tile(kernel, (1, heads)))
        self._bias.assign(tf.zeros_like(self._bias))
        for variable in self._optimiser.variables:
            variable.assign(tf.zeros_like(variable))
        self._optimiser.learning_rate.assign(recipe.learning_rate)
        self._rng_state.assign([recipe.seed, 0])

    def snapshot(self) -> list[Head]:
        """Copies of the current heads."""
        heads, classes = self._shape
        kernels = self._kernel.numpy().reshape(FEATURES, heads, classes)
        biases = self._bias.numpy().reshape(heads, classes)
        return [Head(np.ascontiguousarray(kernels[:, head]), biases[head]) for head in range(heads)]

    def _whole(self, x: Any, y: Any, w: Any, steps: Any) -> Any:
        """Take `steps` steps on the whole set; return the first head's loss and accuracy in the last one."""
        x, means = tf.cast(x, tf.float32), (tf.constant(0.0), tf.constant(0.0))
        for _ in tf.range(steps):
            means = self._step(x, y, w)
        return means

    def _sampled(self, x: Any, y: Any, w: Any, steps: Any, batch: Any) -> Any:
        """Take `steps` steps on `batch` random faces each; return the first head's mean loss and accuracy."""
        sums = (tf.constant(0.0), tf.constant(0.0))
        for _ in tf.range(steps):
            drawn = tf.random.stateless_uniform([batch], self._rng_state, 0, tf.shape(y)[0], tf.int32)
            self._rng_state.assign_add([0, 1])
            loss, accuracy = self._step(
                tf.cast(tf.gather(x, drawn), tf.float32), tf.gather(y, drawn), tf.gather(w, drawn)
            )
            sums = (sums[0] + loss, sums[1] + accuracy)
        return sums[0] / tf.cast(steps, tf.float32), sums[1] / tf.cast(steps, tf.float32)

    def _step(self, x: Any, y: Any, w: Any) -> Any:
        with tf.GradientTape() as tape:
            losses, accuracies = self._loss(x, y, w)
            loss = tf.reduce_sum(losses)
        variables = [self._kernel, self._bias]
        self._optimiser.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return losses[0], accuracies[0]

    def _evaluate(self, x: Any, y: Any, w: Any) -> Any:
        """Loss and accuracy of each head on the faces it has weights for, averaged by total weight."""
        losses, accuracies = self._loss(tf.cast(x, tf.float32), y, w)
        share = tf.reduce_sum(w, 0) / tf.reduce_sum(w)
        return tf.reduce_sum(losses * share), tf.reduce_sum(accuracies * share)

    def _loss(self, x: Any, y: Any, w: Any) -> tuple[Any, Any]:
        """Loss and accuracy (heads,), each over the faces that the head may see."""
        logits = tf.reshape(x @ self._kernel + self._bias, (-1, *self._shape))
        labels = tf.repeat(y[:, None], self._shape[0], axis=1)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        correct = tf.cast(tf.equal(tf.argmax(logits, 2), labels), tf.float32)
        total = tf.maximum(tf.reduce_sum(w, 0), 1e-6)
        return tf.reduce_sum(losses * w, 0) / total, tf.reduce_sum(correct * w, 0) / total


@functools.cache
def _compiled_steps(classes: int, heads: int, optimiser: str) -> _CompiledSteps:
    return _CompiledSteps(classes, heads, optimiser)
