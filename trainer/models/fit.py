"""What every preset fits from and returns, and the quick preset: a softmax on stored features."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from trainer.arrays import BoolArray, Float32Array, Image
from trainer.data.dataset import Dataset
from trainer.data.recipe import Recipe
from trainer.features.feature_store import Features, OnProgress
from trainer.features.networks import Network
from trainer.models import export
from trainer.models.export import ExportBackbone
from trainer.models.fit_plan import plan_fits
from trainer.models.head import Head
from trainer.models.head_fit import Examples, OnEpoch, balanced_weights, fit_heads


@dataclass(frozen=True)
class TrainingInputs:
    """The labelled faces with their features, and with their crops by face id where a preset needs them."""

    data: Dataset
    network: Network
    features: Features
    images: Mapping[int, Image] = field(default_factory=dict)


@dataclass(frozen=True)
class FittedModel:
    """A model, and what its cross-validation predicted.

    `heads` has one head for each of `FitPlan.fits`. `out_of_fold` holds logits (rows, classes) from models
    that saw nobody of the row's group; NaN where there are none. `network_file` is the LiteRT form of the
    network if it was trained for this model.
    """

    heads: list[Head]
    head: Head
    network: Network
    out_of_fold: Float32Array
    epochs: int
    export_backbone: ExportBackbone
    network_file: bytes | None = None


def fit_quick(inputs: TrainingInputs, recipe: Recipe, on_epoch: OnEpoch) -> FittedModel:
    """Fit the model and its folds side by side, until the loss on the people held out stops falling."""
    data, plan = inputs.data, plan_fits(inputs.data, recipe)
    rows, weighted = plan.everything, recipe.class_weights
    held_out = None
    if np.any(plan.validation):
        held_out = _examples(inputs, rows, plan.validation, 1, weighted)
    heads, epochs = fit_heads(
        _examples(inputs, rows, plan.fits, recipe.views, weighted),
        held_out,
        len(data.classes),
        recipe,
        on_epoch,
    )
    model, *fold_heads = heads[-1 - len(plan.folds) :]
    logits = no_logits(data)
    for head, fold in zip(fold_heads, plan.folds, strict=True):
        out = plan.held_out(fold)
        logits[out] = head.logits(inputs.features.undistorted(data.face_ids(out)))
    return FittedModel(heads, model, inputs.network, logits, epochs, export.shared())


def no_logits(data: Dataset) -> Float32Array:
    """Logits (rows, classes) that are all NaN, to be filled in."""
    return np.full((len(data.rows), len(data.classes)), np.nan, np.float32)


def share_of_part(on_progress: OnProgress, index: int, count: int) -> OnProgress:
    """A callback that reports the share done of part `index` of `count` as a share of the whole."""
    return lambda share: on_progress((index + share) / count)


def _examples(
    inputs: TrainingInputs, rows: BoolArray, seen: list[BoolArray], views: int, class_weights: bool
) -> Examples:
    """The chosen rows, each in its first `views` views, weighted for each of the masks `seen`."""
    data = inputs.data
    indices = np.repeat(np.flatnonzero(rows), views)
    keys = [(data.rows[row].face_id, position % views) for position, row in enumerate(indices)]
    labels = data.labels[indices]
    weights = [balanced_weights(labels, mask[indices], len(data.classes), class_weights) for mask in seen]
    return Examples(inputs.features.take(keys), labels, np.stack(weights, axis=1))
