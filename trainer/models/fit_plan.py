"""Which faces each fit of a run learns from and is validated on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from trainer.arrays import BoolArray
from trainer.data.dataset import Dataset
from trainer.data.recipe import Recipe


@dataclass(frozen=True)
class FitPlan:
    """Masks (n,) of the rows each fit learns from.

    `choosing` is the fit that chooses the number of epochs, `everything` that of the model itself, and
    `folds` are those of its cross-validation.
    """

    choosing: BoolArray | None
    everything: BoolArray
    folds: list[BoolArray]

    @property
    def fits(self) -> list[BoolArray]:
        """The rows of all fits, in the order above."""
        return [*self._first, self.everything, *self.folds]

    @property
    def validation(self) -> list[BoolArray]:
        """For each of `fits`, the rows whose loss counts when the number of epochs is chosen for all of them.

        They are the rows each fold holds out, which together are all rows; without folds, the validation
        people. The other fits have none.
        """
        nobody = np.zeros_like(self.everything)
        if self.folds:
            return [*(nobody for _ in self._first), nobody, *map(self.held_out, self.folds)]
        return [*map(self.held_out, self._first), nobody]

    def held_out(self, learned: BoolArray) -> BoolArray:
        """The rows that a fit on `learned` does not see."""
        return np.asarray(self.everything & ~learned)

    @property
    def _first(self) -> list[BoolArray]:
        return [] if self.choosing is None else [self.choosing]


def plan_fits(data: Dataset, recipe: Recipe) -> FitPlan:
    """Plan the fits of a run. No fit sees locked rows, and a group is never on both sides of a fold.

    The epochs are chosen on the validation people if the others have faces of every class.
    """
    everything, train = data.where("train", "validation"), data.where("train")
    can_choose = len(np.unique(data.labels[train])) == len(data.classes) and (everything & ~train).any()
    choosing = train if can_choose and recipe.patience else None
    return FitPlan(choosing, everything, _folds(data, np.flatnonzero(everything), recipe))


def _folds(data: Dataset, indices: NDArray[np.intp], recipe: Recipe) -> list[BoolArray]:
    labels, groups = data.labels[indices], data.groups[indices]
    count = min(recipe.folds, len(np.unique(groups)))
    if count < 2:
        return []
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=recipe.seed)
    folds = []
    for learned, _ in splitter.split(indices, labels, groups):
        fold = np.zeros(len(data.rows), bool)
        fold[indices[learned]] = True
        folds.append(fold)
    return folds
