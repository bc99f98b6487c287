"""Fine-tuning: the last blocks of the backbone are trained as well, deeper ones at lower learning rates.

Each fit starts from the head that was fitted on the frozen features (linear probing, then fine-tuning: Kumar
et al. 2022, "Fine-Tuning can Distort Pretrained Features and Underperform Out-of-Distribution").
"""

import hashlib
from typing import Any

import numpy as np

from trainer.arrays import Float32Array
from trainer.data.dataset import Dataset
from trainer.data.recipe import Recipe
from trainer.features import backbone, networks
from trainer.features.feature_store import OnProgress
from trainer.features.networks import Network
from trainer.models.export import ExportBackbone, keras_model, template_head
from trainer.models.fit import FittedModel, TrainingInputs, no_logits, share_of_part
from trainer.models.fit_plan import FitPlan, plan_fits
from trainer.models.head_fit import OnEpoch
from trainer.models.tail_tuner import TailFit, TailTuner

STEM_SHARE = 0.2
"""Share of the progress bar for sending all crops through the frozen part of the network."""


def fit_fine_tuned(
    inputs: TrainingInputs, probe: FittedModel, recipe: Recipe, on_epoch: OnEpoch, on_progress: OnProgress
) -> FittedModel:
    """Train the tail for the model and for its folds, starting from the heads of `probe`.

    `on_progress` is called with the share done and may raise to stop it.
    """
    plan = plan_fits(inputs.data, recipe)
    tuner = TailTuner(inputs, recipe, lambda share: on_progress(STEM_SHARE * share))

    def on_fit(share: float) -> None:
        on_progress(STEM_SHARE + (1 - STEM_SHARE) * share)

    count, epochs = len(plan.fits), recipe.epochs
    first_fold = count - len(plan.folds)
    if plan.choosing is not None:
        fit = TailFit(plan.choosing, probe.heads[0], epochs, plan.held_out(plan.choosing))
        epochs = tuner.fit(fit, share_of_part(on_fit, 0, count), on_epoch).epoch
    fit = TailFit(plan.everything, probe.heads[first_fold - 1], epochs)
    progress = share_of_part(on_fit, first_fold - 1, count)
    tuned = tuner.fit(fit, progress, on_epoch if plan.choosing is None else None)
    folds = [
        TailFit(fold, head, epochs) for fold, head in zip(plan.folds, probe.heads[first_fold:], strict=True)
    ]
    shares = [share_of_part(on_fit, first_fold + number, count) for number in range(len(folds))]
    logits = _out_of_fold(inputs.data, plan, tuner, folds, shares)
    network, export_backbone, file = _converted(tuner.backbone_with(tuned.weights), inputs.data, on_progress)
    return FittedModel([], tuned.head, network, logits, epochs, export_backbone, file)


def _out_of_fold(
    data: Dataset, plan: FitPlan, tuner: TailTuner, folds: list[TailFit], shares: list[OnProgress]
) -> Float32Array:
    """Logits (rows, classes) of the rows that each fold holds out."""
    logits = no_logits(data)
    for fold, on_progress in zip(folds, shares, strict=True):
        tuner.fit(fold, on_progress)
        out = plan.held_out(fold.rows)
        logits[out] = tuner.logits(out)
    return logits


def _converted(
    keras_backbone: Any, data: Dataset, on_progress: OnProgress
) -> tuple[Network, ExportBackbone, bytes]:
    """The tuned backbone as a network that computes features, its export form, and its LiteRT file."""
    template = keras_model(template_head(len(data.classes)), keras_backbone)
    models = {"features": keras_backbone, "template": template}
    files = backbone.converted(models, lambda: on_progress(1.0))
    network = networks.tuned(_network_id(keras_backbone), files["features"])
    return network, ExportBackbone(keras_backbone, lambda classes: files["template"]), files["features"]


def _network_id(network: Any) -> str:
    """SHA-256 over the network's tensors, in layer order."""
    digest = hashlib.sha256()
    for tensor in network.get_weights():
        digest.update(np.ascontiguousarray(tensor, "<f4").tobytes())
    return digest.hexdigest()
