"""The quick recipe: from kept features to a model, and what models like it say of people they never saw."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from trainer.arrays import BoolArray, Float32Array
from trainer.data.dataset import Dataset
from trainer.data.recipe import Recipe
from trainer.features.feature_store import Features
from trainer.features.networks import Network
from trainer.models import export
from trainer.models.export import ExportBackbone
from trainer.models.head import Data, Epoch, Head, balanced, fit


@dataclass(frozen=True)
class FittedModel:
    """A model; `heads` has one for each of `Plan.fits`.

    `out_of_fold` holds logits (rows, classes) from models that saw nobody of the row's group; NaN without.
    """

    heads: list[Head]
    head: Head
    network: Network
    out_of_fold: Float32Array
    epochs: int
    base: ExportBackbone
    features: bytes | None = None
    """The LiteRT form of a network of its own."""


@dataclass(frozen=True)
class Plan:
    """Which rows (n,) each fit may see: to choose the epochs, for the model itself, for each fold."""

    choose: BoolArray | None
    everything: BoolArray
    folds: list[BoolArray]

    @property
    def fits(self) -> list[BoolArray]:
        """All of them, in that order."""
        return [*self._choosing, self.everything, *self.folds]

    @property
    def _choosing(self) -> list[BoolArray]:
        return [] if self.choose is None else [self.choose]

    @property
    def judges(self) -> list[BoolArray]:
        """The rows that each of `fits` is asked about, to choose the epochs of all.

        Those each fold held out, since they are everybody; without folds the validation people.
        """
        nobody = self.everything & ~self.everything
        asked = {id(seen): self.out_of(seen) for seen in self.folds or self._choosing}
        return [asked.get(id(seen), nobody) for seen in self.fits]

    @property
    def judged(self) -> BoolArray:
        """The rows on which the epochs are chosen."""
        assert self.choose is not None
        return np.asarray(self.everything & ~self.choose)

    def out_of(self, fold: BoolArray) -> BoolArray:
        """The rows that a fold holds out."""
        return np.asarray(self.everything & ~fold)


def plan(data: Dataset, recipe: Recipe) -> Plan:
    """Locked rows are in none of it. Epochs are chosen on the validation people, if the others suffice."""
    everything, train = data.where("train", "validation"), data.where("train")
    enough = len(np.unique(data.labels[train])) == len(data.classes) and (everything & ~train).any()
    choose = train if enough and recipe.patience else None
    index = np.flatnonzero(everything)
    labels, groups = data.labels[index], data.groups[index]
    count = min(recipe.folds, len(np.unique(groups)))
    folds = []
    if count >= 2:
        splitter = StratifiedGroupKFold(count, shuffle=True, random_state=recipe.seed)
        for inside, _ in splitter.split(index, labels, groups):
            fold = np.zeros(len(data.rows), bool)
            fold[index[inside]] = True
            folds.append(fold)
    return Plan(choose, everything, folds)


def learn(
    data: Dataset,
    features: Features,
    network: Network,
    recipe: Recipe,
    on_epoch: Callable[[int, Epoch], None],
) -> FittedModel:
    """Fit the model and its folds side by side, for as many epochs as the people each held out ask for."""
    split = plan(data, recipe)
    judges = split.judges
    judge = _examples(data, features, split.everything, judges, recipe, 1) if np.any(judges) else None
    examples = (data, features, split.everything, split.fits, recipe, recipe.views)
    heads, epochs = fit(_examples(*examples), judge, len(data.classes), recipe, on_epoch)
    model, *folds = heads[-1 - len(split.folds) :]
    logits = unknown(data)
    for head, fold in zip(folds, split.folds, strict=True):
        out = split.out_of(fold)
        logits[out] = head.logits(features_of_rows(data, features, out))
    return FittedModel(heads, model, network, logits, epochs, export.shared())


def unknown(data: Dataset) -> Float32Array:
    """Logits (rows, classes) of which none is known yet."""
    return np.full((len(data.rows), len(data.classes)), np.nan, np.float32)


def features_of_rows(data: Dataset, features: Features, rows: BoolArray) -> NDArray[np.float16]:
    """Features (n, 1280) of the chosen rows as they are, not distorted."""
    return features.take([(data.rows[i].face_id, 0) for i in np.flatnonzero(rows)])


def _examples(
    data: Dataset, features: Features, rows: BoolArray, seen: list[BoolArray], recipe: Recipe, views: int
) -> Data:
    """The chosen rows, each in its first `views` views, with a weight for each of the fits."""
    index = np.repeat(np.flatnonzero(rows), views)
    keys = [(data.rows[row].face_id, place % views) for place, row in enumerate(index)]
    labels = data.labels[index]
    weights = [balanced(labels, mask[index], len(data.classes), recipe.class_weights) for mask in seen]
    return Data(features.take(keys), labels, np.stack(weights, axis=1))
