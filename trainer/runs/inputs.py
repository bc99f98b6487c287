"""The features and crops that a run is trained and measured on."""

from sqlalchemy.orm import Session

from trainer.data.dataset import Dataset
from trainer.data.recipe import Recipe
from trainer.evaluation import report
from trainer.features import networks
from trainer.features.feature_store import (
    FeatureRequest,
    OnProgress,
    crops_of,
    features_of,
    undistorted_features,
)
from trainer.models.fit import FittedModel, TrainingInputs


def gather_inputs(
    session: Session, data: Dataset, recipe: Recipe, on_progress: OnProgress = lambda share: None
) -> TrainingInputs:
    """Read the features that the recipe needs, computing missing ones; and crops, except for quick.

    Faces that were deleted since `data` was collected are left out of the dataset returned.
    """
    tutorial = recipe.preset == "tutorial"
    network = networks.tutorial() if tutorial else networks.shared()
    views = 1 if tutorial else recipe.views
    requests = [FeatureRequest(row.face_id, 1 if row.split == "locked" else views) for row in data.rows]
    features = features_of(session, network, requests, on_progress, data.boxes)
    gone = set(features.missing())
    if recipe.preset == "quick":
        return TrainingInputs(data.without(gone), network, features)
    ids = [row.face_id for row in data.rows if row.split != "locked" and row.face_id not in gone]
    images = crops_of(session, network, ids, on_progress, data.boxes)
    gone |= set(ids) - set(images)
    return TrainingInputs(data.without(gone), network, features, images)


def held_out_outputs(
    session: Session,
    data: Dataset,
    fitted: FittedModel,
    recipe: Recipe,
    on_progress: OnProgress = lambda share: None,
) -> report.ModelOutputs:
    """The model's predictions for the locked set, and those of its cross-validation for the others."""
    locked = data.face_ids(data.where("locked"))
    features = undistorted_features(session, fitted.network, locked, on_progress, data.boxes)
    return report.model_outputs(data, fitted, features.undistorted(locked), recipe.calibration)
