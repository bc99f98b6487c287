"""The tutorial's recipe as published: in each epoch, newly augmented copies go through the frozen network.

It serves as a baseline and for those who want exactly that; `quick` does the same in seconds.
"""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from trainer.arrays import BoolArray, Float32Array, IntArray
from trainer.data.recipe import Recipe
from trainer.features import backbone, crops
from trainer.features.feature_store import OnProgress
from trainer.models import export
from trainer.models.fit import FittedModel, TrainingInputs, no_logits, share_of_part
from trainer.models.fit_plan import FitPlan, plan_fits
from trainer.models.head import Head
from trainer.models.head_fit import OPTIMISERS, OnEpoch, balanced_weights


def fit_tutorial(
    inputs: TrainingInputs, recipe: Recipe, on_epoch: OnEpoch, on_progress: OnProgress
) -> FittedModel:
    """Fit the model and its folds by Keras' own loop.

    `on_progress` is called with the share done after each batch and may raise to stop it.
    """
    plan = plan_fits(inputs.data, recipe)
    validation = None if plan.choosing is None else plan.held_out(plan.choosing)
    fits = [plan.everything if plan.choosing is None else plan.choosing, *plan.folds]
    heads = []
    for number, learned in enumerate(fits):
        first = number == 0
        progress = share_of_part(on_progress, number, len(fits))
        fit = _DenseFit(inputs, recipe, on_epoch if first else _ignore_epoch, progress)
        heads.append(fit.fit(learned, validation if first else None))
    logits = _out_of_fold(inputs, plan, heads[1:])
    return FittedModel(heads, heads[0], inputs.network, logits, recipe.epochs, export.tutorial())


def _ignore_epoch(number: int, epoch: dict[str, float | None]) -> None:
    """The folds have no learning curve."""


def _out_of_fold(inputs: TrainingInputs, plan: FitPlan, heads: list[Head]) -> Float32Array:
    """Logits (rows, classes) of the rows that each fold holds out."""
    logits = no_logits(inputs.data)
    for head, fold in zip(heads, plan.folds, strict=True):
        for row in np.flatnonzero(plan.held_out(fold)):
            image = inputs.images[inputs.data.rows[row].face_id]
            logits[row] = head.logits(inputs.network.embedder.embed_in_thread([image]))[0]
    return logits


class _DenseFit(keras.callbacks.Callback):  # type: ignore[misc]
    """One fit of the dense layer through the frozen network."""

    def __init__(
        self, inputs: TrainingInputs, recipe: Recipe, on_epoch: OnEpoch, on_progress: OnProgress
    ) -> None:
        super().__init__()
        self._data, self._images, self._recipe = inputs.data, inputs.images, recipe
        self._on_epoch, self._on_progress = on_epoch, on_progress
        self._batches_done, self._batches_total = 0, 1

    def fit(self, learned: BoolArray, validation: BoolArray | None) -> Head:
        """Fit on the rows of the mask `learned` (n,); with the mask `validation`, stop early by its loss."""
        recipe = self._recipe
        copies = int(learned.sum()) * recipe.views
        batch = recipe.batch or copies
        steps = -(-copies // batch)
        self._batches_total = steps * recipe.epochs
        callbacks: list[Any] = [self]
        if validation is not None:
            callbacks.append(
                keras.callbacks.EarlyStopping(patience=recipe.patience, restore_best_weights=True)
            )
        model, dense = self._build_model()
        model.fit(
            self._batches(learned, batch),
            epochs=recipe.epochs,
            steps_per_epoch=steps,
            validation_data=None if validation is None else self._undistorted(validation),
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        )
        return Head(*dense.get_weights())

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Called by Keras: report the share of batches done."""
        self._batches_done += 1
        self._on_progress(self._batches_done / self._batches_total)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Called by Keras: report the metrics under the names that `Epoch` has."""
        names = {"loss": "loss", "accuracy": "accuracy", "validation_loss": "val_loss"}
        names["validation_accuracy"] = "val_accuracy"
        self._on_epoch(epoch + 1, {name: (logs or {}).get(key) for name, key in names.items()})

    def _build_model(self) -> tuple[Any, Any]:
        """The compiled network and its new dense layer. (`_model` is an attribute of Keras' own Callback.)"""
        recipe, base = self._recipe, backbone.model()
        initializer = keras.initializers.GlorotUniform(seed=recipe.seed)
        dense = keras.layers.Dense(
            len(self._data.classes), activation="softmax", kernel_initializer=initializer
        )
        model = keras.Model(base.input, dense(base.output))
        model.compile(
            OPTIMISERS[recipe.optimiser](learning_rate=recipe.learning_rate),
            "sparse_categorical_crossentropy",
            weighted_metrics=["accuracy"],
        )
        return model, dense

    def _batches(self, learned: BoolArray, batch: int) -> Iterator[Any]:
        """Endless batches (crops, labels, weights): `views` newly distorted copies of each face per epoch."""
        rng = np.random.default_rng(self._recipe.seed)
        labels, copies = self._data.labels, self._recipe.views
        weights = balanced_weights(labels, learned, len(self._data.classes), self._recipe.class_weights)
        number = 0
        while True:
            order = rng.permutation(np.repeat(np.flatnonzero(learned), copies))
            for start in range(0, len(order), batch):
                rows = order[start : start + batch]
                views = []
                for row in rows:
                    number += 1
                    face_id = self._data.rows[row].face_id
                    views.append(crops.view(self._images[face_id], number, face_id))
                yield backbone.tutorial_scaled(np.stack(views)), labels[rows], weights[rows]

    def _undistorted(self, rows: BoolArray) -> tuple[Float32Array, IntArray]:
        """Crops (n, 160, 160, 3) in [0, 1] and class indices (n,)."""
        images = [self._images[self._data.rows[row].face_id] for row in np.flatnonzero(rows)]
        return backbone.tutorial_scaled(np.stack(images)), self._data.labels[rows]
