"""The softmax on pooled features: fitted with Adam on whole-set steps, compiled once a process."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer.backbone import FEATURES
from trainer.evaluate import softmax
from trainer.recipe import Recipe

Array = NDArray[np.float32]
Epoch = dict[str, float | None]


@dataclass(frozen=True)
class Head:
    """kernel (1280, classes), bias (classes,), temperature."""

    kernel: Array
    bias: Array
    temperature: float = 1.0

    def logits(self, features: Array) -> Array:
        """Logits (n, classes), not divided by the temperature."""
        return features @ self.kernel + self.bias

    def probabilities(self, features: Array) -> NDArray[np.float64]:
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
    """features (n, 1280) and class indices (n,)."""

    features: Array
    labels: NDArray[np.int64]


def fit(
    train: Data,
    validation: Data | None,
    classes: int,
    recipe: Recipe,
    on_epoch: Callable[[int, Epoch], None] = lambda number, epoch: None,
) -> tuple[Head, int]:
    """Fit until the validation loss stops falling; returns the best head and how many epochs it took.

    Without validation data the training loss decides. Classes weigh alike, however many faces they have.
    """
    stepper = _stepper(classes)
    stepper.reset(recipe)
    judge = validation or train
    data = [tf.constant(x) for x in (train.features, train.labels, _weights(train.labels, classes))]
    judged = [tf.constant(x) for x in (judge.features, judge.labels, _weights(judge.labels, classes))]
    best, best_loss, best_epoch = stepper.snapshot(), np.inf, 0
    for epoch in range(1, recipe.epochs + 1):
        figures = [float(x) for x in stepper.epoch(*data, *judged, tf.constant(recipe.steps))]
        held_out = figures[2:] if validation else [None, None]
        names = ("loss", "accuracy", "validation_loss", "validation_accuracy")
        on_epoch(epoch, dict(zip(names, [*figures[:2], *held_out], strict=True)))
        if figures[2] < best_loss - 1e-4:
            best, best_loss, best_epoch = stepper.snapshot(), figures[2], epoch
        elif epoch - best_epoch >= recipe.patience:
            break
    return best, best_epoch


def fit_for(train: Data, classes: int, recipe: Recipe, epochs: int) -> Head:
    """Fit for exactly `epochs` epochs: for the folds, which have no data to stop on."""
    stepper = _stepper(classes)
    stepper.reset(recipe)
    data = [tf.constant(x) for x in (train.features, train.labels, _weights(train.labels, classes))]
    stepper.epoch(*data, *data, tf.constant(recipe.steps * epochs))
    return stepper.snapshot()


class _Stepper:
    """Weights, Adam and the compiled epoch. Kept between fits, since tracing costs more than fitting."""

    def __init__(self, classes: int) -> None:
        self._kernel = tf.Variable(tf.zeros((FEATURES, classes)))
        self._bias = tf.Variable(tf.zeros(classes))
        self._variables = [self._kernel, self._bias]
        self._adam = keras.optimizers.Adam()
        self._adam.build(self._variables)
        features = tf.TensorSpec((None, FEATURES), tf.float32)
        labels, weights = tf.TensorSpec((None,), tf.int64), tf.TensorSpec((None,), tf.float32)
        signature = [features, labels, weights] * 2 + [tf.TensorSpec((), tf.int32)]
        self.epoch = tf.function(self._epoch, input_signature=signature)

    def reset(self, recipe: Recipe) -> None:
        initial = keras.initializers.GlorotUniform(seed=recipe.seed)
        self._kernel.assign(initial(self._kernel.shape))
        self._bias.assign(tf.zeros_like(self._bias))
        for variable in self._adam.variables:
            variable.assign(tf.zeros_like(variable))
        self._adam.learning_rate.assign(recipe.learning_rate)

    def snapshot(self) -> Head:
        return Head(self._kernel.numpy(), self._bias.numpy())

    def _epoch(
        self, x: Any, y: Any, w: Any, judge_x: Any, judge_y: Any, judge_w: Any, steps: Any
    ) -> list[Any]:
        """`steps` whole-set steps; returns loss and accuracy on the training and on the judging data."""
        for _ in tf.range(steps):
            with tf.GradientTape() as tape:
                loss, _accuracy = self._loss(x, y, w)
            self._adam.apply_gradients(
                zip(tape.gradient(loss, self._variables), self._variables, strict=True)
            )
        return [*self._loss(x, y, w), *self._loss(judge_x, judge_y, judge_w)]

    def _loss(self, x: Any, y: Any, w: Any) -> tuple[Any, Any]:
        logits = x @ self._kernel + self._bias
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
        right = tf.cast(tf.equal(tf.argmax(logits, 1), y), tf.float32)
        return tf.reduce_mean(losses * w), tf.reduce_mean(right)


@functools.cache
def _stepper(classes: int) -> _Stepper:
    return _Stepper(classes)


def _weights(labels: NDArray[np.int64], classes: int) -> Array:
    """Per-face weights (n,) of mean 1 that give each class that is present the same sum."""
    counts = np.bincount(labels, minlength=classes)
    present = np.count_nonzero(counts)
    return (len(labels) / (present * counts[labels])).astype(np.float32)
