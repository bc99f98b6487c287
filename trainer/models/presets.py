"""Fitting by a recipe's preset."""

from trainer.data.recipe import Recipe
from trainer.features.feature_store import OnProgress
from trainer.models.fit import FittedModel, TrainingInputs, fit_quick
from trainer.models.head_fit import Epoch, OnEpoch


def fit_model(
    inputs: TrainingInputs, recipe: Recipe, on_epoch: OnEpoch, on_progress: OnProgress
) -> FittedModel:
    """Fit the model and its cross-validation.

    `on_epoch` gets the points of the learning curve, `on_progress` the share done; both may raise to stop it.
    """
    if recipe.preset == "tutorial":
        from trainer.models.tutorial import fit_tutorial

        return fit_tutorial(inputs, recipe, on_epoch, on_progress)

    def on_quick_epoch(number: int, epoch: Epoch) -> None:
        if recipe.preset == "quick":  # else this fit is only where fine-tuning starts
            on_epoch(number, epoch)
            on_progress(number / recipe.epochs)

    fitted = fit_quick(inputs, recipe, on_quick_epoch)
    if recipe.preset == "fine-tune":
        from trainer.models.fine_tune import fit_fine_tuned

        fitted = fit_fine_tuned(inputs, fitted, recipe, on_epoch, on_progress)
    return fitted
