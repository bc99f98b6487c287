"""Training of the backbone's last blocks, the tail, with a dense layer on top.

What lies before the tail never changes, so its output is computed once per crop and only the tail is trained.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer.arrays import BoolArray, Float32Array, Image, IntArray
from trainer.data.recipe import Recipe
from trainer.features import backbone, crops
from trainer.features.feature_store import OnProgress
from trainer.models.fit import TrainingInputs, share_of_part
from trainer.models.head import Head
from trainer.models.head_fit import MIN_IMPROVEMENT, OPTIMISERS, Epoch, OnEpoch, balanced_weights

CUTS = {1: "block_15_add", 2: "block_14_add", 3: "block_13_project_BN"}
"""The layer whose output feeds the tail, by the number of blocks in it."""
SLOWDOWN = 2.6
"""Factor by which the learning rate falls from block to block (Howard & Ruder 2018, "Universal Language Model
Fine-tuning for Text Classification")."""
BATCH = 64
"""Crops per batch where nothing is learned."""


@dataclass(frozen=True)
class TailFit:
    """One fit: the mask (n,) of rows to learn from, the head to start from, and the maximum of epochs.

    With `validation`, a mask (n,), the epoch with the least loss on these rows is kept, else the last one.
    """

    rows: BoolArray
    start: Head
    epochs: int
    validation: BoolArray | None = None


@dataclass(frozen=True)
class TunedTail:
    """The epoch that a fit kept, with its weights of the tail and its head."""

    epoch: int
    weights: list[Float32Array]
    head: Head


class TailTuner:
    """The tail with its compiled training step, and the stored outputs of the frozen part that feeds it.

    `on_progress` is called with the share of crops that have passed the frozen part.
    """

    def __init__(self, inputs: TrainingInputs, recipe: Recipe, on_progress: OnProgress) -> None:
        self._data, self._recipe = inputs.data, recipe
        base = backbone.model()
        cut = base.get_layer(CUTS[recipe.blocks]).output
        self._stem = tf.function(keras.Model(base.input, cut), reduce_retracing=True)
        self._tail = keras.models.clone_model(keras.Model(cut, base.output))
        self._initial_weights = keras.Model(cut, base.output).get_weights()
        self._dense = keras.layers.Dense(len(inputs.data.classes))
        self._dense.build((None, backbone.FEATURES))
        self._variables = self._variables_by_depth()
        self._optimisers = []
        for variables in self._variables:
            optimiser = OPTIMISERS[recipe.optimiser]()
            optimiser.build(variables)
            self._optimisers.append(optimiser)
        self._step = tf.function(self._train_step, reduce_retracing=True)
        self._forward = tf.function(self._predict, reduce_retracing=True)
        self._stem_outputs = self._through_stem(inputs.images, on_progress)

    def fit(self, task: TailFit, on_progress: OnProgress, on_epoch: OnEpoch | None = None) -> TunedTail:
        """Train the tail, starting from the backbone's weights.

        `on_progress` is called with the share done and may raise to stop. Afterwards `logits` uses the
        weights of the last epoch, whichever was kept.
        """
        self._reset(task.start)
        rng, patience = np.random.default_rng(self._recipe.seed), self._recipe.patience
        views = range(self._recipe.views)
        examples = np.array([(row, view) for row in np.flatnonzero(task.rows) for view in views])
        weights = self._weights(task.rows)
        best, best_loss = TunedTail(0, self._tail.get_weights(), task.start), np.inf
        for number in range(1, task.epochs + 1):
            progress = share_of_part(on_progress, number - 1, task.epochs)
            epoch = self._run_epoch(rng.permutation(examples), weights, progress)
            if task.validation is not None:
                epoch |= self._evaluate(task.validation)
            if on_epoch is not None:
                on_epoch(number, epoch)
            loss = epoch["validation_loss"] or 0.0
            if task.validation is None or loss < best_loss - MIN_IMPROVEMENT:
                best, best_loss = self._snapshot(number), loss
            elif patience and number - best.epoch >= patience:
                break
        return best

    def logits(self, rows: BoolArray) -> Float32Array:
        """Logits (n, classes) of the rows' undistorted crops, by the tail's current weights."""
        outputs = self._stem_outputs[np.flatnonzero(rows), 0].astype(np.float32)
        parts = [outputs[i : i + BATCH] for i in range(0, len(outputs), BATCH)]
        return np.concatenate([self._forward(part).numpy() for part in parts])

    def backbone_with(self, tail: list[Float32Array]) -> Any:
        """A copy of the Keras backbone with these weights of the tail."""
        self._tail.set_weights(tail)
        network = keras.models.clone_model(backbone.model())
        network.set_weights(backbone.model().get_weights())
        for layer in self._tail.layers:
            if layer.weights:
                network.get_layer(layer.name).set_weights(layer.get_weights())
        network.trainable = False
        return network

    def _snapshot(self, epoch: int) -> TunedTail:
        return TunedTail(epoch, self._tail.get_weights(), Head(*self._dense.get_weights()))

    def _weights(self, rows: BoolArray) -> Float32Array:
        return balanced_weights(self._data.labels, rows, len(self._data.classes), self._recipe.class_weights)

    def _run_epoch(self, examples: IntArray, weights: Float32Array, on_progress: OnProgress) -> Epoch:
        """One pass over `examples` (n, 2), each a row and a view, in the given order."""
        batch, sums = self._recipe.batch or len(examples), np.zeros(2)
        for begin in range(0, len(examples), batch):
            rows, views = examples[begin : begin + batch].T
            x = self._stem_outputs[rows, views].astype(np.float32)
            means = self._step(x, self._data.labels[rows], weights[rows])
            sums += np.array([float(mean) for mean in means]) * len(rows)
            on_progress(min(1.0, (begin + batch) / len(examples)))
        loss, accuracy = sums / len(examples)
        return {"loss": loss, "accuracy": accuracy, "validation_loss": None, "validation_accuracy": None}

    def _through_stem(self, images: Mapping[int, Image], on_progress: OnProgress) -> NDArray[np.float16]:
        """Outputs (rows, views, side, side, channels) of the frozen part; locked rows stay empty."""
        views, data = self._recipe.views, self._data
        rows = np.flatnonzero(data.where("train", "validation"))
        crops_needed = [(row, view) for row in rows for view in range(views)]
        outputs = np.zeros((len(data.rows), views, *self._stem_shape()), np.float16)
        for begin in range(0, len(crops_needed), BATCH):
            batch = crops_needed[begin : begin + BATCH]
            ids = [data.rows[row].face_id for row, _ in batch]
            distorted = [crops.view(images[id], view, id) for id, (_, view) in zip(ids, batch, strict=True)]
            batch_outputs = self._stem(backbone.scaled(np.stack(distorted))).numpy()
            for (row, view), output in zip(batch, batch_outputs, strict=True):
                outputs[row, view] = output
            on_progress((begin + len(batch)) / len(crops_needed))
        return outputs

    def _stem_shape(self) -> tuple[int, ...]:
        return tuple(backbone.model().get_layer(CUTS[self._recipe.blocks]).output.shape[1:])

    def _variables_by_depth(self) -> list[list[Any]]:
        """Variables to train: the dense layer, the last convolution, then block by block.

        Batch normalisation stays frozen.
        """
        groups: list[list[Any]] = [list(self._dense.trainable_variables), []]
        block = ""
        for layer in reversed(self._tail.layers):
            if not isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
                continue
            if layer.name != "Conv_1" and (name := layer.name[: len("block_16")]) != block:
                block = name
                groups.append([])
            layer.trainable = True
            groups[-1].extend(layer.trainable_variables)
        return groups

    def _reset(self, start: Head) -> None:
        """Restore the backbone's weights, set the dense layer to `start`, and clear the optimisers' state."""
        self._tail.set_weights(self._initial_weights)
        self._dense.set_weights([start.kernel, start.bias])
        for depth, optimiser in enumerate(self._optimisers):
            for variable in optimiser.variables:
                variable.assign(tf.zeros_like(variable))
            optimiser.learning_rate.assign(self._recipe.learning_rate / SLOWDOWN**depth)

    def _predict(self, x: Any) -> Any:
        return self._dense(self._tail(x, training=False))

    def _train_step(self, x: Any, y: Any, w: Any) -> tuple[Any, Any]:
        variables = [variable for group in self._variables for variable in group]
        with tf.GradientTape() as tape:
            logits = self._predict(x)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
            loss = tf.reduce_mean(losses * w)
        gradients = iter(tape.gradient(loss, variables))
        for optimiser, group in zip(self._optimisers, self._variables, strict=True):
            optimiser.apply_gradients([(next(gradients), variable) for variable in group])
        return loss, tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), y), tf.float32))

    def _evaluate(self, rows: BoolArray) -> Epoch:
        labels, logits = self._data.labels[rows], self.logits(rows)
        weights = self._weights(rows)[rows]
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits).numpy()
        correct = logits.argmax(axis=1) == labels
        return {
            "validation_loss": float((losses * weights).mean()),
            "validation_accuracy": float(correct.mean()),
        }
