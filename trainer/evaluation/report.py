"""Metrics of a run on people its model never saw, by slices, and warnings about how far to trust them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from db.confidence_intervals import wilson
from db.i18n import N_
from trainer.arrays import BoolArray, Float32Array, FloatArray, IntArray, softmax, unit
from trainer.data.dataset import Dataset, Row
from trainer.evaluation import metrics, roc_calibration
from trainer.evaluation.drift import DRIFT_THRESHOLD

if TYPE_CHECKING:  # pages import this module and must not load a network
    from trainer.models.fit import FittedModel


FEW = 30
"""Faces of a class below which a warning is shown: with 30, a 95 % interval of recall is still ± 15
points."""
DOMINANT_SHARE = 0.5
"""Share of a class's faces from which one person dominates it."""
EXPECTED_UNUSUAL = 0.05
"""Share of the training faces that counts as unusual."""
FEW_LEARNED = N_("Only %(n)s faces of “%(name)s” to learn from: fewer than 30.")
FEW_LOCKED = N_("Only %(n)s faces of “%(name)s” in the locked set: fewer than 30.")
DOMINANT_PERSON = N_("One person carries “%(name)s”: %(most)s of its %(n)s faces.")
STRADDLING = N_("%(n)s sets of near repeats lie on both sides of the split.")
DRIFT = N_(
    "New photos look different: %(share)s of the %(n)s newest unlabelled faces are like none it learned from"
    " (5 %% would be usual)."
)
DRIFT_SAMPLE = 1500
"""Training faces that new ones are compared with, at most."""
SIZE_EDGES = (48, 96, 192)
CONFIDENCE_EDGES = (0.9, 0.99)


@dataclass(frozen=True)
class ModelOutputs:
    """Outputs of models for rows they had not learned from.

    `part` (n,) is `locked`, `fold` or empty where there is none; `logits` (n, classes) are NaN there.
    """

    part: NDArray[np.str_]
    logits: Float32Array
    temperature: float

    @property
    def probabilities(self) -> FloatArray:
        """Calibrated probabilities (n, classes); NaN where there is no output."""
        return softmax(self.logits / self.temperature)


def model_outputs(
    data: Dataset, fitted: "FittedModel", locked: NDArray[np.float16], calibrate: bool
) -> ModelOutputs:
    """Logits of the `locked` features (m, d) by the model, of the other rows out of fold, and a temperature.

    The temperature is fitted on the rows that are not locked: locked rows decide nothing.
    """
    logits = fitted.out_of_fold.copy()
    is_locked = data.where("locked")
    in_fold = ~is_locked & ~np.isnan(logits[:, 0])
    logits[is_locked] = fitted.head.logits(locked)
    temperature = (
        metrics.fit_temperature(data.labels[in_fold], logits[in_fold]) if calibrate and in_fold.any() else 1.0
    )
    part = np.where(is_locked, "locked", np.where(in_fold, "fold", ""))
    return ModelOutputs(part, logits, temperature)


def run_metrics(data: Dataset, outputs: ModelOutputs) -> dict[str, Any]:
    """The run's `metrics` as the API documents them, without the seconds, with curves and slices."""
    locked, fold = outputs.part == "locked", outputs.part == "fold"
    labels, groups = data.labels, data.groups
    reason = metrics.too_small(labels[locked], groups[locked], data.classes)
    learned = data.where("train", "validation")
    return {
        "locked": None if reason else _part_metrics(data, outputs, locked),
        "locked_reason": reason,
        "cross_validated": _part_metrics(data, outputs, fold) if fold.any() else None,
        "train": {"n": int(learned.sum()), "people": len(np.unique(groups[learned]))},
    }


def _part_metrics(data: Dataset, outputs: ModelOutputs, rows: BoolArray) -> dict[str, Any]:
    labels, groups, probabilities = data.labels[rows], data.groups[rows], outputs.probabilities[rows]
    return metrics.measure(labels, probabilities, groups, data.classes) | {
        "ranking": roc_calibration.ranking(labels, probabilities, groups, data.classes),
        "calibration": roc_calibration.calibration(labels, outputs.logits[rows], outputs.temperature, groups),
        "slices": _slices(data, rows, probabilities.argmax(axis=1) == labels),
    }


def _slices(data: Dataset, rows: BoolArray, correct: BoolArray) -> list[dict[str, Any]]:
    """Accuracy by person, source, face size and detector confidence, where there are at least two kinds."""
    faces = [data.rows[i] for i in np.flatnonzero(rows)]
    groups = data.groups[rows]
    slices = []
    for by, name_of in SLICES.items():
        names = np.array([name_of(face) for face in faces])
        for name in sorted(set(names)) if len(set(names)) > 1 else []:
            inside = names == name
            accuracy = metrics.proportion(correct[inside], groups[inside])
            slices.append({"by": by, "name": str(name), "n": int(inside.sum()), "accuracy": accuracy})
    return slices


def _size(row: Row) -> str:
    edges, longest = SIZE_EDGES, max(row.box[2:])
    return next((f"under {edge} px" for edge in edges if longest < edge), f"{edges[-1]} px and more")


def _confidence(row: Row) -> str:
    if row.confidence is None:
        return "drawn"
    edges = CONFIDENCE_EDGES
    return next((f"under {edge}" for edge in edges if row.confidence < edge), f"{edges[-1]} and more")


SLICES: dict[str, Callable[[Row], str]] = {
    "person": lambda row: "nobody named" if row.person is None else str(row.person),
    "source": lambda row: row.source,
    "size": _size,
    "confidence": _confidence,
}


def warnings(data: Dataset, straddling: int, drift: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Reasons to distrust the metrics: [{"text", "values"}], the text from the translation catalogue.

    `straddling` is the number of near-repeat sets on both sides of the split.
    """
    reasons = [*_few_faces(data), *_dominant_people(data)]
    if straddling:
        reasons.append(_warning(STRADDLING, n=straddling))
    if drift and drift["unusual"]["low"] > DRIFT_THRESHOLD:
        unusual = drift["unusual"]["value"]
        reasons.append(_warning(DRIFT, share=f"{unusual:.0%}", n=drift["n"]))
    return reasons


def _warning(text: str, **values: Any) -> dict[str, Any]:
    return {"text": text, "values": values}


def _few_faces(data: Dataset) -> Iterator[dict[str, Any]]:
    learned = data.where("train", "validation")
    for text, rows in ((FEW_LEARNED, learned), (FEW_LOCKED, ~learned)):
        for name in data.classes:
            n = sum(data.rows[i].label == name for i in np.flatnonzero(rows))
            if n < FEW:
                yield _warning(text, n=n, name=name)


def _dominant_people(data: Dataset) -> Iterator[dict[str, Any]]:
    for name in data.classes:
        groups = data.groups[[row.label == name for row in data.rows]]
        most = int(np.unique(groups, return_counts=True)[1].max(initial=0))
        if most > DOMINANT_SHARE * len(groups):
            yield _warning(DOMINANT_PERSON, name=name, most=most, n=len(groups))


def drift(learned: NDArray[np.float16], groups: IntArray, new: NDArray[np.float16]) -> dict[str, Any] | None:
    """How many of the `new` features (m, d) are unusual: {"n", "unusual"}; None without enough of both.

    Unusual is what is less similar to every learned row (n, d) than EXPECTED_UNUSUAL of these are. Similarity
    is the cosine to the nearest face of another group (n,).
    """
    if len(learned) < FEW or len(new) < FEW or len(np.unique(groups)) < 2:
        return None
    sample = np.random.default_rng(0).permutation(len(learned))[:DRIFT_SAMPLE]
    known_rows, known_groups, new_rows = unit(learned[sample]), groups[sample], unit(new)
    similarity = known_rows @ known_rows.T
    similarity[known_groups[:, None] == known_groups[None, :]] = -1.0
    threshold = np.quantile(similarity.max(axis=1), EXPECTED_UNUSUAL)
    unusual = int(((new_rows @ known_rows.T).max(axis=1) < threshold).sum())
    return {"n": len(new), "unusual": wilson(unusual, len(new))}
