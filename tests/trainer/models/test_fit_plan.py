"""Which rows the fits of a run learn from: no locked rows, and no group on both sides of a fold."""

import numpy as np
import pytest

from trainer.data.dataset import Dataset, Row
from trainer.data.recipe import Recipe
from trainer.models.fit_plan import FitPlan, plan_fits

CLASSES = (1, 2)


def dataset(splits: list[str], labels: tuple[int, ...] = CLASSES) -> Dataset:
    """Four faces per group, one group for each of `splits`; labels alternate."""
    rows = [
        Row(
            face_id=4 * group + number,
            box_version=1,
            label=labels[number % len(labels)],
            split=split,
            group=group,
            box=(0, 0, 10, 10),
            person=group,
            photo=group,
            source="mtcnn",
            confidence=0.9,
        )
        for group, split in enumerate(splits)
        for number in range(4)
    ]
    return Dataset(tuple(rows), CLASSES)


MANY = dataset(["train", "train", "train", "validation", "locked"] * 4)


def test_no_fit_sees_locked_rows() -> None:
    plan, locked = plan_fits(MANY, Recipe()), MANY.where("locked")
    assert len(plan.fits) == 7, "one to choose the epochs, the model, and five folds"
    assert not any((rows & locked).any() for rows in [*plan.fits, *plan.validation])
    assert (plan.everything == ~locked).all(), "the model learns from all others"


def test_folds_hold_out_every_row_once_and_never_divide_a_group() -> None:
    plan = plan_fits(MANY, Recipe())
    held_out = [plan.held_out(fold) for fold in plan.folds]
    assert (np.sum(held_out, axis=0) == plan.everything).all()
    for fold, out in zip(plan.folds, held_out, strict=True):
        assert not set(MANY.groups[fold]) & set(MANY.groups[out])


def test_folds_depend_on_the_seed_alone() -> None:
    def folds(seed: int) -> np.ndarray:
        return np.array(plan_fits(MANY, Recipe(seed=seed)).folds)

    assert (folds(1) == folds(1)).all()
    assert (folds(1) != folds(2)).any()


def test_with_folds_the_epochs_are_chosen_on_what_the_folds_hold_out() -> None:
    plan = plan_fits(MANY, Recipe())
    assert len(plan.validation) == len(plan.fits)
    assert not plan.validation[0].any()
    assert not plan.validation[1].any()
    for fold, rows in zip(plan.folds, plan.validation[2:], strict=True):
        assert (rows == plan.held_out(fold)).all()


def test_without_folds_the_epochs_are_chosen_on_the_validation_people() -> None:
    plan = plan_fits(MANY, Recipe(folds=0))
    assert plan.folds == []
    assert plan.choosing is not None
    assert (plan.choosing == MANY.where("train")).all()
    assert (plan.validation[0] == MANY.where("validation")).all()
    assert not plan.validation[1].any()


@pytest.mark.parametrize(
    ("data", "recipe"),
    [
        (MANY, Recipe(patience=0)),
        (dataset(["train", "train", "locked"]), Recipe()),
        (dataset(["validation", "validation"]), Recipe()),
        (dataset(["train", "validation"], (1,)), Recipe()),
    ],
    ids=["no early stopping", "nobody for validation", "nobody for training", "a class is missing"],
)
def test_no_fit_chooses_the_epochs_if_it_cannot(data: Dataset, recipe: Recipe) -> None:
    plan = plan_fits(data, recipe)
    assert plan.choosing is None
    assert len(plan.fits) == 1 + len(plan.folds)
    assert len(plan.validation) == len(plan.fits)


def test_there_are_no_more_folds_than_groups_and_none_of_one_group() -> None:
    def folds(*splits: str) -> list[np.ndarray]:
        plan: FitPlan = plan_fits(dataset(list(splits)), Recipe())
        return plan.folds

    assert len(folds("train", "train", "validation", "locked")) == 3
    assert folds("train", "locked", "locked") == []
