"""The softmax on pooled features: fitted on whole-set steps, compiled once a process.

Several heads are fitted side by side on the same features, each with its own weights of the faces: the
model itself and the folds of its cross-validation cost little more than one.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike, NDArray

from trainer.arrays import BoolArray, Float32Array, FloatArray, IntArray, softmax
from trainer.data.recipe import Recipe
from trainer.features.backbone import FEATURES

Epoch = dict[str, float | None]
WORTH = 1e-4
"""By less than this a loss has not fallen: early stopping does not wait for the last digits."""
OPTIMISERS: dict[str, Callable[..., Any]] = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "sgd": functools.partial(keras.optimizers.SGD, momentum=0.9),
}


@dataclass(frozen=True)
class Head:
    """kernel (1280, classes), bias (classes,), temperature."""

    kernel: Float32Array
    bias: Float32Array
    temperature: float = 1.0

    def logits(self, features: ArrayLike) -> Float32Array:
        """Logits (n, classes), not divided by the temperature."""
        return np.asarray(features, np.float32) @ self.kernel + self.bias

    def probabilities(self, features: ArrayLike) -> FloatArray:
        """Calibrated probabilities (n, classes)."""
        return softmax(self.logits(features) / self.temperature)

    def as_dict(self) -> dict[str, Any]:
        return {
            "kernel": self.kernel.tolist(),
            "bias": self.bias.tolist(),
            "temperature": self.temperature,
        }

    @classmethod
    def of(cls, saved: dict[str, Any]) -> "Head":
        kernel, bias = (np.asarray(saved[name], np.float32) for name in ("kernel", "bias"))
        return cls(kernel, bias, float(saved["temperature"]))


@dataclass(frozen=True)
class Data:
    """features (n, 1280), class indices (n,) and weights (n, heads): 0 where a head must not see a face."""

    features: NDArray[np.float16]
    labels: IntArray
    weights: Float32Array


def fit(
    train: Data,
    held_out: Data | None,
    classes: int,
    recipe: Recipe,
    on_epoch: Callable[[int, Epoch], None] = lambda number, epoch: None,
) -> tuple[list[Head], int]:
    """Fit until the loss on `held_out` stops falling; the heads of that epoch, and its number.

    Its weights say which head is asked about which face. Without it the first head's training loss decides.
    """
    stepper = _stepper(classes, train.weights.shape[1], recipe.optimiser)
    stepper.reset(recipe)
    count, data = len(train.labels), [tf.constant(x) for x in (train.features, train.labels, train.weights)]
    del train  # TensorFlow has a copy of its own: 100 MB for 10,000 faces
    judge = (
        [tf.constant(x) for x in (held_out.features, held_out.labels, held_out.weights)] if held_out else []
    )
    whole = not 0 < recipe.batch < count
    best, best_loss, best_epoch = stepper.snapshot(), np.inf, 0
    for epoch in range(1, recipe.epochs + 1):
        steps = tf.constant(recipe.steps if whole else max(recipe.steps, count // recipe.batch))
        learn = stepper.whole(*data, steps) if whole else stepper.sampled(*data, steps, recipe.batch)
        loss, accuracy = (float(x) for x in learn)
        judged = [float(x) for x in stepper.judge(*judge)] if judge else [None, None]
        names = ("loss", "accuracy", "validation_loss", "validation_accuracy")
        on_epoch(epoch, dict(zip(names, [loss, accuracy, *judged], strict=True)))
        deciding = loss if judged[0] is None else judged[0]
        if deciding < best_loss - WORTH or not recipe.patience:
            best, best_loss, best_epoch = stepper.snapshot(), deciding, epoch
        elif epoch - best_epoch >= recipe.patience:
            break
    return best, best_epoch


def balanced(labels: IntArray, seen: BoolArray, classes: int, alike: bool) -> Float32Array:
    """Weights (n,) of mean 1 over the faces `seen`, 0 for others; `alike` gives each class the same sum."""
    if not alike:
        return seen.astype(np.float32)
    counts = np.bincount(labels[seen], minlength=classes)
    present = np.count_nonzero(counts)
    return np.where(seen, seen.sum() / (max(1, present) * np.maximum(1, counts[labels])), 0).astype(
        np.float32
    )


class _Stepper:
    """Weights, optimiser and the compiled steps. Kept between fits: tracing costs more than fitting."""

    def __init__(self, classes: int, heads: int, optimiser: str) -> None:
        self._shape = (heads, classes)
        self._kernel = tf.Variable(tf.zeros((FEATURES, heads * classes)))
        self._bias = tf.Variable(tf.zeros(heads * classes))
        self._chance = tf.Variable(tf.zeros(2, tf.int32))
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
        self.judge = tf.function(self._judge, input_signature=data)

    def reset(self, recipe: Recipe) -> None:
        heads, classes = self._shape
        one = keras.initializers.GlorotUniform(seed=recipe.seed)((FEATURES, classes))
        self._kernel.assign(tf.tile(one, (1, heads)))
        self._bias.assign(tf.zeros_like(self._bias))
        for variable in self._optimiser.variables:
            variable.assign(tf.zeros_like(variable))
        self._optimiser.learning_rate.assign(recipe.learning_rate)
        self._chance.assign([recipe.seed, 0])

    def snapshot(self) -> list[Head]:
        heads, classes = self._shape
        kernels = self._kernel.numpy().reshape(FEATURES, heads, classes)
        biases = self._bias.numpy().reshape(heads, classes)
        return [Head(np.ascontiguousarray(kernels[:, head]), biases[head]) for head in range(heads)]

    def _whole(self, x: Any, y: Any, w: Any, steps: Any) -> Any:
        """`steps` steps on the whole set; the first head's loss and accuracy before the last of them."""
        x, seen = tf.cast(x, tf.float32), (tf.constant(0.0), tf.constant(0.0))
        for _ in tf.range(steps):
            seen = self._step(x, y, w)
        return seen

    def _sampled(self, x: Any, y: Any, w: Any, steps: Any, batch: Any) -> Any:
        """`steps` steps on `batch` faces drawn each time; means of the first head's loss and accuracy."""
        sums = (tf.constant(0.0), tf.constant(0.0))
        for _ in tf.range(steps):
            drawn = tf.random.stateless_uniform([batch], self._chance, 0, tf.shape(y)[0], tf.int32)
            self._chance.assign_add([0, 1])
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

    def _judge(self, x: Any, y: Any, w: Any) -> Any:
        """Loss and accuracy over all heads together, each on the faces that `w` gives it."""
        losses, accuracies = self._loss(tf.cast(x, tf.float32), y, w)
        share = tf.reduce_sum(w, 0) / tf.reduce_sum(w)
        return tf.reduce_sum(losses * share), tf.reduce_sum(accuracies * share)

    def _loss(self, x: Any, y: Any, w: Any) -> tuple[Any, Any]:
        """Loss and accuracy (heads,), each over the faces that the head may see."""
        logits = tf.reshape(x @ self._kernel + self._bias, (-1, *self._shape))
        each = tf.repeat(y[:, None], self._shape[0], axis=1)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(each, logits)
        right = tf.cast(tf.equal(tf.argmax(logits, 2), each), tf.float32)
        total = tf.maximum(tf.reduce_sum(w, 0), 1e-6)
        return tf.reduce_sum(losses * w, 0) / total, tf.reduce_sum(right * w, 0) / total


@functools.cache
def _stepper(classes: int, heads: int, optimiser: str) -> _Stepper:
    return _Stepper(classes, heads, optimiser)
