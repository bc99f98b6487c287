"""The figures of a run on people its model never saw, in slices, and what should make one doubt them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from db.confidence_intervals import wilson
from db.i18n import N_
from trainer.arrays import BoolArray, Float32Array, FloatArray, IntArray, softmax, unit
from trainer.data.dataset import Dataset, Row
from trainer.evaluation import metrics, roc_calibration
from trainer.evaluation.drift import DRIFTED

if TYPE_CHECKING:  # so that pages and tests need no network for it
    from trainer.models.fit import FittedModel


FEW = 30
"""Faces of a class below which its recall is a guess: with 30, a 95 % interval is still ± 15 points."""
CARRIES = 0.5
USUAL = 0.05
FEW_LEARNED = N_("Only %(n)s faces of “%(name)s” to learn from: fewer than 30.")
FEW_LOCKED = N_("Only %(n)s faces of “%(name)s” in the locked set: fewer than 30.")
DRIFT = N_(
    "New photos look different: %(share)s of the %(n)s newest unlabelled faces are like none it learned from"
    " (5 %% would be usual)."
)
COMPARED = 1500
"""Training faces that new ones are compared with, at most."""
SIZES = (48, 96, 192)
SURE = (0.9, 0.99)


@dataclass(frozen=True)
class ModelOutputs:
    """What models that had not learned from a row say of it: `part` (n,) is `locked`, `fold` or empty."""

    part: NDArray[np.str_]
    logits: Float32Array
    temperature: float

    @property
    def probabilities(self) -> FloatArray:
        """Calibrated; NaN where nothing is known."""
        return softmax(self.logits / self.temperature)


def model_outputs(
    data: Dataset, fitted: "FittedModel", locked: NDArray[np.float16], calibrate: bool
) -> ModelOutputs:
    """Logits of locked rows from the model, of the others out of fold, and the temperature for both.

    The temperature is fitted on the open rows: the locked ones choose nothing.
    """
    logits = fitted.out_of_fold.copy()
    is_locked = data.where("locked")
    known = ~is_locked & ~np.isnan(logits[:, 0])
    logits[is_locked] = fitted.head.logits(locked)
    warmth = metrics.temperature(data.labels[known], logits[known]) if calibrate and known.any() else 1.0
    part = np.where(is_locked, "locked", np.where(known, "fold", ""))
    return ModelOutputs(part, logits, warmth)


def run_metrics(data: Dataset, told: ModelOutputs) -> dict[str, Any]:
    """The contract's `metrics` without the seconds, and what the page shows beside them."""
    locked, fold = told.part == "locked", told.part == "fold"
    labels, groups = data.labels, data.groups
    reason = metrics.too_small(labels[locked], groups[locked], data.classes)
    learned = data.where("train", "validation")
    return {
        "locked": None if reason else _part(data, told, locked),
        "locked_reason": reason,
        "cross_validated": _part(data, told, fold) if fold.any() else None,
        "train": {"n": int(learned.sum()), "people": len(np.unique(groups[learned]))},
    }


def _part(data: Dataset, told: ModelOutputs, rows: BoolArray) -> dict[str, Any]:
    labels, groups, chances = data.labels[rows], data.groups[rows], told.probabilities[rows]
    return metrics.measure(labels, chances, groups, data.classes) | {
        "ranking": roc_calibration.ranking(labels, chances, groups, data.classes),
        "calibration": roc_calibration.calibration(labels, told.logits[rows], told.temperature, groups),
        "slices": _slices(data, rows, chances.argmax(axis=1) == labels),
    }


def _slices(data: Dataset, rows: BoolArray, right: BoolArray) -> list[dict[str, Any]]:
    """Accuracy by person, source, face size and detector confidence, where there is more than one kind."""
    faces = [data.rows[i] for i in np.flatnonzero(rows)]
    groups = data.groups[rows]
    found = []
    for by, kind in SLICES.items():
        names = np.array([kind(face) for face in faces])
        for name in sorted(set(names)) if len(set(names)) > 1 else []:
            inside = names == name
            accuracy = metrics.proportion(right[inside], groups[inside])
            found.append({"by": by, "name": str(name), "n": int(inside.sum()), "accuracy": accuracy})
    return found


def _size(row: Row) -> str:
    longest = max(row.box[2:])
    return next((f"under {edge} px" for edge in SIZES if longest < edge), f"{SIZES[-1]} px and more")


def _confidence(row: Row) -> str:
    if row.confidence is None:
        return "drawn"
    return next((f"under {edge}" for edge in SURE if row.confidence < edge), f"{SURE[-1]} and more")


SLICES: dict[str, Callable[[Row], str]] = {
    "person": lambda row: "nobody named" if row.person is None else str(row.person),
    "source": lambda row: row.source,
    "size": _size,
    "confidence": _confidence,
}


def warnings(data: Dataset, straddling: int, drift: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Reasons to doubt the figures: [{"text", "values"}], the text from the catalogue."""
    found: list[dict[str, Any]] = []

    def warn(text: str, **values: Any) -> None:
        found.append({"text": text, "values": values})

    learned = data.where("train", "validation")
    for text, rows in ((FEW_LEARNED, learned), (FEW_LOCKED, ~learned)):
        for name in data.classes:
            n = sum(data.rows[i].label == name for i in np.flatnonzero(rows))
            if n < FEW:
                warn(text, n=n, name=name)
    for name in data.classes:
        groups = data.groups[[row.label == name for row in data.rows]]
        if len(groups) and (most := np.unique(groups, return_counts=True)[1].max()) > CARRIES * len(groups):
            warn(
                N_("One person carries “%(name)s”: %(most)s of its %(n)s faces."),
                name=name,
                most=int(most),
                n=len(groups),
            )
    if straddling:
        warn(N_("%(n)s sets of near repeats lie on both sides of the split."), n=straddling)
    if drift and drift["unusual"]["low"] > DRIFTED:
        unusual = drift["unusual"]["value"]
        warn(DRIFT, share=f"{unusual:.0%}", n=drift["n"])
    return found


def drift(known: NDArray[np.float16], groups: IntArray, new: NDArray[np.float16]) -> dict[str, Any] | None:
    """How many of the `new` faces (m, 1280) are less like any `known` one (n, 1280) than 5 % of these are.

    Likeness is the cosine to the nearest face of another group. None without enough of both.
    """
    if len(known) < FEW or len(new) < FEW or len(np.unique(groups)) < 2:
        return None
    chosen = np.random.default_rng(0).permutation(len(known))[:COMPARED]
    old, of, fresh = unit(known[chosen]), groups[chosen], unit(new)
    alike = old @ old.T
    alike[of[:, None] == of[None, :]] = -1.0
    edge = np.quantile(alike.max(axis=1), USUAL)
    unusual = int(((fresh @ old.T).max(axis=1) < edge).sum())
    return {"n": len(new), "unusual": wilson(unusual, len(new))}
