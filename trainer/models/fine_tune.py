"""Fine-tuning: the last blocks of the backbone learn too, the deeper the slower.

What lies before them never changes, so its output is computed once per crop and only the tail is trained.
Each fit starts from the head that `learn` found on the frozen features (Kumar et al. 2022, LP-FT).
"""

import hashlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from trainer.arrays import BoolArray, Float32Array, Image, IntArray
from trainer.data.dataset import Dataset
from trainer.data.recipe import Recipe
from trainer.features import backbone, crops, networks
from trainer.models.export import ExportBackbone, keras_model, template_head
from trainer.models.fit import FittedModel, plan, unknown
from trainer.models.head import OPTIMISERS, WORTH, Epoch, Head, balanced

CUTS = {1: "block_15_add", 2: "block_14_add", 3: "block_13_project_BN"}
"""The layer whose output feeds the last so many blocks."""
SLOWER = 2.6
"""Each block deeper learns so many times slower (Howard & Ruder 2018, ULMFiT)."""
AT_ONCE = 64


def learn(
    data: Dataset,
    images: dict[int, Image],
    probe: FittedModel,
    recipe: Recipe,
    on_epoch: Callable[[int, Epoch], None],
    on_batch: Callable[[float], None],
) -> FittedModel:
    """Fit the tail and its folds; `on_batch` hears the share done and may raise to stop it."""
    split = plan(data, recipe)
    tuner = _Tuner(data, images, recipe, lambda share: on_batch(0.2 * share))
    fits = len(split.fits)
    number = 0

    def one(seen: BoolArray, start: Head, epochs: int, **judge: Any) -> tuple[int, list[Float32Array], Head]:
        nonlocal number
        number += 1
        done = (number - 1) / fits
        return tuner.fit(
            seen, start, epochs, lambda share: on_batch(0.2 + 0.8 * (done + share / fits)), **judge
        )

    epochs, heads = recipe.epochs, list(probe.heads)
    if split.choose is not None:
        epochs, _, _ = one(split.choose, heads.pop(0), epochs, judged=split.judged, on_epoch=on_epoch)
    _, tail, head = one(
        split.everything, heads.pop(0), epochs, on_epoch=on_epoch if split.choose is None else None
    )
    logits = unknown(data)
    for fold, start in zip(split.folds, heads, strict=True):
        one(fold, start, epochs)
        logits[split.out_of(fold)] = tuner.logits(split.out_of(fold))
    tuned = tuner.whole(tail)
    models = {"features": tuned, "template": keras_model(template_head(len(data.classes)), tuned)}
    forms = backbone.converted(models, lambda: on_batch(1.0))
    network = networks.tuned(_network_id(tuned), forms["features"])
    base = ExportBackbone(tuned, lambda classes: forms["template"])
    return FittedModel([], head, network, logits, epochs, base, forms["features"])


class _Tuner:
    """Kept outputs of the frozen part, the tail, and its compiled step."""

    def __init__(
        self, data: Dataset, images: dict[int, Image], recipe: Recipe, on_batch: Callable[[float], None]
    ) -> None:
        self._data, self._recipe = data, recipe
        base = backbone.model()
        cut = base.get_layer(CUTS[recipe.blocks]).output
        self._stem = tf.function(keras.Model(base.input, cut), reduce_retracing=True)
        self._tail = keras.models.clone_model(keras.Model(cut, base.output))
        self._first = keras.Model(cut, base.output).get_weights()
        self._dense = keras.layers.Dense(len(data.classes))
        self._dense.build((None, backbone.FEATURES))
        self._trained = self._by_depth()
        self._optimisers = []
        for variables in self._trained:
            optimiser = OPTIMISERS[recipe.optimiser]()
            optimiser.build(variables)
            self._optimisers.append(optimiser)
        self._step = tf.function(self._stepped, reduce_retracing=True)
        self._forward = tf.function(self._said, reduce_retracing=True)
        self._kept = self._through_stem(images, on_batch)

    def fit(
        self,
        seen: BoolArray,
        start: Head,
        epochs: int,
        on_batch: Callable[[float], None],
        judged: BoolArray | None = None,
        on_epoch: Callable[[int, Epoch], None] | None = None,
    ) -> tuple[int, list[Float32Array], Head]:
        """Train on the rows `seen`; the best epoch on `judged`, else the last, with its tail and head."""
        self._reset(start)
        recipe = self._recipe
        chance = np.random.default_rng(recipe.seed)
        examples = np.array([(row, view) for row in np.flatnonzero(seen) for view in range(recipe.views)])
        weights = balanced(self._data.labels, seen, len(self._data.classes), recipe.class_weights)
        best: tuple[int, list[Float32Array], Head] = (0, self._tail.get_weights(), start)
        best_loss = np.inf
        for epoch in range(1, epochs + 1):

            def share(part: float, done: int = epoch - 1) -> None:
                on_batch((done + part) / epochs)

            figures = self._epoch(chance.permutation(examples), weights, share)
            if judged is not None:
                figures |= self._judge(judged)
            if on_epoch is not None:
                on_epoch(epoch, figures)
            loss = figures["validation_loss"] or 0.0
            if judged is None or loss < best_loss - WORTH:
                best_loss, best = loss, (epoch, self._tail.get_weights(), Head(*self._dense.get_weights()))
            elif recipe.patience and epoch - best[0] >= recipe.patience:
                break
        return best

    def _epoch(self, examples: IntArray, weights: Float32Array, on_batch: Callable[[float], None]) -> Epoch:
        """One pass over `examples` (n, 2), row and view of each, in their order."""
        batch, sums = self._recipe.batch or len(examples), np.zeros(2)
        for begin in range(0, len(examples), batch):
            rows, views = examples[begin : begin + batch].T
            x = self._kept[rows, views].astype(np.float32)
            means = self._step(x, self._data.labels[rows], weights[rows])
            sums += np.array([float(mean) for mean in means]) * len(rows)
            on_batch(min(1.0, (begin + batch) / len(examples)))
        loss, accuracy = sums / len(examples)
        return {"loss": loss, "accuracy": accuracy, "validation_loss": None, "validation_accuracy": None}

    def logits(self, rows: BoolArray) -> Float32Array:
        """What the tail as it is now says of the rows, undistorted."""
        kept = self._kept[np.flatnonzero(rows), 0].astype(np.float32)
        parts = [kept[i : i + AT_ONCE] for i in range(0, len(kept), AT_ONCE)]
        return np.concatenate([self._forward(part).numpy() for part in parts])

    def whole(self, tail: list[Float32Array]) -> Any:
        """The backbone with a trained tail in place of its own."""
        self._tail.set_weights(tail)
        made = keras.models.clone_model(backbone.model())
        made.set_weights(backbone.model().get_weights())
        for layer in self._tail.layers:
            if layer.weights:
                made.get_layer(layer.name).set_weights(layer.get_weights())
        made.trainable = False
        return made

    def _through_stem(
        self, images: dict[int, Image], on_batch: Callable[[float], None]
    ) -> NDArray[np.float16]:
        """Outputs (rows, views, side, side, channels) of the frozen part; locked rows stay empty."""
        views = self._recipe.views
        wanted = [
            (row, view)
            for row in np.flatnonzero(self._data.where("train", "validation"))
            for view in range(views)
        ]
        kept = np.zeros((len(self._data.rows), views, *self._stem_shape()), np.float16)
        for begin in range(0, len(wanted), AT_ONCE):
            some = wanted[begin : begin + AT_ONCE]
            ids = [self._data.rows[row].face_id for row, _ in some]
            cut = np.stack(
                [crops.view(images[id], view, id) for id, (_, view) in zip(ids, some, strict=True)]
            )
            for (row, view), out in zip(some, self._stem(backbone.scaled(cut)).numpy(), strict=True):
                kept[row, view] = out
            on_batch((begin + len(some)) / len(wanted))
        return kept

    def _stem_shape(self) -> tuple[int, ...]:
        return tuple(backbone.model().get_layer(CUTS[self._recipe.blocks]).output.shape[1:])

    def _by_depth(self) -> list[list[Any]]:
        """Kernels that learn: the softmax, the last convolution, then block by block. Norms stay."""
        found: list[list[Any]] = [list(self._dense.trainable_variables), []]
        block = ""
        for layer in reversed(self._tail.layers):
            if not isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
                continue
            if layer.name != "Conv_1" and (name := layer.name[: len("block_16")]) != block:
                block = name
                found.append([])
            layer.trainable = True
            found[-1].extend(layer.trainable_variables)
        return found

    def _reset(self, start: Head) -> None:
        self._tail.set_weights(self._first)
        self._dense.set_weights([start.kernel, start.bias])
        for depth, optimiser in enumerate(self._optimisers):
            for variable in optimiser.variables:
                variable.assign(tf.zeros_like(variable))
            optimiser.learning_rate.assign(self._recipe.learning_rate / SLOWER**depth)

    def _said(self, x: Any) -> Any:
        return self._dense(self._tail(x, training=False))

    def _stepped(self, x: Any, y: Any, w: Any) -> tuple[Any, Any]:
        variables = [one for group in self._trained for one in group]
        with tf.GradientTape() as tape:
            logits = self._said(x)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits)
            loss = tf.reduce_mean(losses * w)
        gradients = iter(tape.gradient(loss, variables))
        for optimiser, group in zip(self._optimisers, self._trained, strict=True):
            optimiser.apply_gradients([(next(gradients), one) for one in group])
        return loss, tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1), y), tf.float32))

    def _judge(self, rows: BoolArray) -> Epoch:
        labels, logits = self._data.labels[rows], self.logits(rows)
        weights = balanced(self._data.labels, rows, len(self._data.classes), self._recipe.class_weights)[rows]
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits).numpy()
        right = logits.argmax(axis=1) == labels
        return {
            "validation_loss": float((losses * weights).mean()),
            "validation_accuracy": float(right.mean()),
        }


def _network_id(network: Any) -> str:
    digest = hashlib.sha256()
    for tensor in network.get_weights():
        digest.update(np.ascontiguousarray(tensor, "<f4").tobytes())
    return digest.hexdigest()
