"""The tutorial's recipe, faithfully: augmented copies through the frozen network, ten times over.

It is here to be compared with, and for who wants exactly that; `quick` does the same in seconds.
"""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from trainer.arrays import BoolArray, Float32Array, Image, IntArray
from trainer.data.dataset import Dataset
from trainer.data.recipe import Recipe
from trainer.features import backbone, crops
from trainer.features.networks import Network
from trainer.models import export
from trainer.models.fit import FittedModel, plan, unknown
from trainer.models.head import OPTIMISERS, Epoch, Head, balanced


def learn(
    data: Dataset,
    images: dict[int, Image],
    network: Network,
    recipe: Recipe,
    on_epoch: Callable[[int, Epoch], None],
    on_batch: Callable[[float], None],
) -> FittedModel:
    """Fit by Keras' own loop; `on_batch` hears the share done and may raise to stop it."""
    split = plan(data, recipe)
    fits = [split.everything if split.choose is None else split.choose, *split.folds]
    heads = []
    for number, seen in enumerate(fits):
        judged = split.judged if number == 0 and split.choose is not None else None

        def share(done: float, number: int = number) -> None:
            on_batch((number + done) / len(fits))

        quiet: Callable[[int, Epoch], None] = lambda number, epoch: None  # noqa: E731
        fit = _Fit(data, images, recipe, on_epoch if number == 0 else quiet, share)
        heads.append(fit.do(seen, judged))
    logits = unknown(data)
    for head, fold in zip(heads[1:], split.folds, strict=True):
        for row in np.flatnonzero(split.out_of(fold)):
            features = network.embedder.here([images[data.rows[row].face_id]])
            logits[row] = head.logits(features)[0]
    return FittedModel(heads, heads[0], network, logits, recipe.epochs, export.tutorial())


class _Fit(keras.callbacks.Callback):  # type: ignore[misc]
    """One fit of the dense layer through the frozen network."""

    def __init__(
        self,
        data: Dataset,
        images: dict[int, Image],
        recipe: Recipe,
        on_epoch: Callable[[int, Epoch], None],
        on_batch: Callable[[float], None],
    ) -> None:
        super().__init__()
        self._data, self._images, self._recipe = data, images, recipe
        self._on_epoch, self._on_batch = on_epoch, on_batch
        self._done, self._of = 0, 1

    def do(self, seen: BoolArray, judged: BoolArray | None) -> Head:
        recipe = self._recipe
        base, classes = backbone.model(), len(self._data.classes)
        initial = keras.initializers.GlorotUniform(seed=recipe.seed)
        dense = keras.layers.Dense(classes, activation="softmax", kernel_initializer=initial)
        model = keras.Model(base.input, dense(base.output))
        model.compile(
            OPTIMISERS[recipe.optimiser](learning_rate=recipe.learning_rate),
            "sparse_categorical_crossentropy",
            weighted_metrics=["accuracy"],
        )
        batch = recipe.batch or int(seen.sum()) * recipe.views
        steps = -(-int(seen.sum()) * recipe.views // batch)
        self._of = steps * recipe.epochs
        callbacks: list[Any] = [self]
        if judged is not None:
            callbacks.append(
                keras.callbacks.EarlyStopping(patience=recipe.patience, restore_best_weights=True)
            )
        model.fit(
            self._batches(seen, batch),
            epochs=recipe.epochs,
            steps_per_epoch=steps,
            validation_data=None if judged is None else self._plain(judged),
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        )
        return Head(*dense.get_weights())

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._done += 1
        self._on_batch(self._done / self._of)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        names = {"loss": "loss", "accuracy": "accuracy", "validation_loss": "val_loss"}
        names["validation_accuracy"] = "val_accuracy"
        self._on_epoch(epoch + 1, {name: (logs or {}).get(key) for name, key in names.items()})

    def _batches(self, seen: BoolArray, batch: int) -> Iterator[Any]:
        """Every face in `views` copies an epoch, shuffled, each copy distorted anew."""
        chance = np.random.default_rng(self._recipe.seed)
        labels, copies = self._data.labels, self._recipe.views
        weights = balanced(labels, seen, len(self._data.classes), self._recipe.class_weights)
        number = 0
        while True:
            order = chance.permutation(np.repeat(np.flatnonzero(seen), copies))
            for start in range(0, len(order), batch):
                rows = order[start : start + batch]
                views = []
                for row in rows:
                    number += 1
                    face_id = self._data.rows[row].face_id
                    views.append(crops.view(self._images[face_id], number, face_id))
                yield backbone.tutorial_scaled(np.stack(views)), labels[rows], weights[rows]

    def _plain(self, rows: BoolArray) -> tuple[Float32Array, IntArray]:
        images = [self._images[self._data.rows[row].face_id] for row in np.flatnonzero(rows)]
        return backbone.tutorial_scaled(np.stack(images)), self._data.labels[rows]
