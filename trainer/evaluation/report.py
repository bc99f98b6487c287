"""Metrics of a run on people its model never saw, by slices, and warnings about how far to trust them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from db.confidence_intervals import share
from db.i18n import N_
from db.messages import Message, a_class, message
from trainer.arrays import BoolArray, Float32Array, FloatArray, softmax
from trainer.data.dataset import Dataset, Row
from trainer.evaluation import metrics, roc_calibration
from trainer.evaluation.drift import DRIFT_THRESHOLD
from trainer.evaluation.tried_slice import tried_metrics
from trainer.evaluation.weakest_slice import weakest_slice

if TYPE_CHECKING:  # pages import this module and must not load a network
    from trainer.models.fit import FittedModel


FEW = 30
"""Faces of a class below which a warning is shown: with 30, a 95 % interval of recall is still ± 15
points."""
DOMINANT_SHARE = 0.5
"""Share of a class's faces from which one person dominates it."""
FEW_LEARNED = N_("Only %(n)s faces of “%(name)s” to learn from: fewer than 30.")
FEW_LOCKED = N_("Only %(n)s faces of “%(name)s” in the locked set: fewer than 30.")
DOMINANT_PERSON = N_("One person carries “%(name)s”: %(most)s of its %(n)s faces.")
STRADDLING = N_("%(n)s sets of near repeats lie on both sides of the split.")
SKIPPED = N_(
    "Skipped, because their pictures are damaged: photos %(photos)s. Sending the same files again restores"
    " them."
)
DRIFT = N_(
    "New photos look different: %(share)s (%(low)s to %(high)s) of the %(n)s newest unlabelled faces are like"
    " none it learned from (5 %% would be usual)."
)
MORE_PEOPLE = N_(
    "There is no figure before five people of each class: photos of %(n)s more people with “%(name)s”"
    " are needed."
)
ONE_MORE_PERSON = N_(
    "There is no figure before five people of each class: a photo of %(n)s more person with “%(name)s” is"
    " needed."
)
NOBODY = "nobody named"
NO_FOLDS = N_("This run made no cross-validation.")
MIN_PEOPLE_TO_AUDIT, AUDIT_EVERY = 200, 3
"""Locked people from which one of three is measured on and never compared on. With fewer, the audit's wider
interval costs more than the flattery, up to 0.3 points, that it removes (`benchmarks/gate.py`)."""
SIZE_EDGES = (48, 96, 192)
CONFIDENCE_EDGES = (0.4, 0.6, 0.8)


@dataclass(frozen=True)
class ModelOutputs:
    """Outputs of models for rows they had not learned from.

    `part` (n,) is `locked`, `fold` or empty where there is none; `logits` (n, classes) are NaN there.
    `temperature` is the model's; that of each row, in `temperatures` (n,), was fitted without the row.
    """

    part: NDArray[np.str_]
    logits: Float32Array
    temperature: float
    temperatures: FloatArray

    @property
    def probabilities(self) -> FloatArray:
        """Calibrated probabilities (n, classes); NaN where there is no output."""
        return softmax(self.logits / self.temperatures[:, None])


def model_outputs(
    data: Dataset, fitted: "FittedModel", locked: NDArray[np.float16], calibrate: bool
) -> ModelOutputs:
    """Logits of the `locked` features (m, d) by the model, of the other rows out of fold, and temperatures.

    Temperatures are fitted on the rows that are not locked: locked rows decide nothing.
    """
    logits = fitted.out_of_fold.copy()
    is_locked = data.where("locked")
    in_fold = ~is_locked & ~np.isnan(logits[:, 0])
    logits[is_locked] = fitted.head.logits(locked)
    temperature, temperatures = 1.0, np.ones(len(logits))
    if calibrate and in_fold.any():
        labels, groups = data.labels[in_fold], data.groups[in_fold]
        temperature = metrics.fit_temperature(labels, logits[in_fold])
        temperatures[:] = temperature
        temperatures[in_fold] = metrics.cross_fitted_temperatures(labels, logits[in_fold], groups)
    part = np.where(is_locked, "locked", np.where(in_fold, "fold", ""))
    return ModelOutputs(part, logits, temperature, temperatures)


def run_metrics(data: Dataset, outputs: ModelOutputs) -> dict[str, Any]:
    """The run's `metrics` as the API documents them, without the seconds, with curves and slices.

    With enough locked people, `locked` is measured on the audit share alone, which no comparison reads.
    """
    locked, fold = outputs.part == "locked", outputs.part == "fold"
    audit = audit_rows(data, locked)
    measured = audit if audit.any() else locked
    reasons = {part: obstacles(data, rows) for part, rows in (("locked", measured), ("fold", fold))}
    if not fold.any():
        reasons["fold"] = [message(NO_FOLDS)]
    tried, tried_reason = tried_metrics(data, locked | fold, outputs.probabilities.argmax(axis=1))
    return {
        "locked": None
        if reasons["locked"]
        else _part_metrics(data, outputs, measured) | {"audit": bool(audit.any())},
        "locked_reason": reasons["locked"] or None,
        "cross_validated": None if reasons["fold"] else _part_metrics(data, outputs, fold),
        "cross_validated_reason": reasons["fold"] or None,
        "tried": tried,
        "tried_reason": tried_reason,
        "train": data.size(data.where("train", "validation")),
    }


def audit_rows(data: Dataset, locked: BoolArray) -> BoolArray:
    """Of the `locked` rows (n,), those of the audit share; none while there are too few people.

    A third of the people, by a draw that depends on nothing but the number of their group.
    """
    groups = np.unique(data.groups[locked])
    drawn = [group for group in groups.tolist() if crc32(f"audit {group}".encode()) % AUDIT_EVERY == 0]
    audit = locked & np.isin(data.groups, drawn)
    enough = len(groups) >= MIN_PEOPLE_TO_AUDIT and not obstacles(data, audit)
    return audit if enough else np.zeros_like(locked)


def obstacles(data: Dataset, rows: BoolArray) -> list[Message]:
    """For each class that has too few people among the rows (n,) for any figure, what is missing."""
    missing = metrics.people_missing(data.labels[rows], data.groups[rows], len(data.classes))
    return [
        message(MORE_PEOPLE if n > 1 else ONE_MORE_PERSON, n=n, name=a_class(id))
        for id, n in zip(data.classes, missing.tolist(), strict=True)
        if n
    ]


def _part_metrics(data: Dataset, outputs: ModelOutputs, rows: BoolArray) -> dict[str, Any]:
    labels, groups, probabilities = data.labels[rows], data.groups[rows], outputs.probabilities[rows]
    classes = [str(id) for id in data.classes]
    is_right = probabilities.argmax(axis=1) == labels
    slices = _slices(data, rows, is_right)
    return (
        metrics.measure(labels, probabilities, groups, classes)
        | data.size(rows)
        | {
            "ranking": roc_calibration.ranking(labels, probabilities, groups, classes),
            "calibration": roc_calibration.calibration(
                labels, outputs.logits[rows], outputs.temperatures[rows], groups
            )
            | {"temperature": outputs.temperature},
            "slices": slices,
            "weakest": weakest_slice(slices, float(is_right.mean())),
        }
    )


def _slices(data: Dataset, rows: BoolArray, correct: BoolArray) -> list[dict[str, Any]]:
    """Accuracy by class and size, person, source, and confidence, where there are at least two kinds.

    A person's own faces are what their accuracy is about, so they count one by one.
    """
    faces = [data.rows[i] for i in np.flatnonzero(rows)]
    slices = []
    for by, name_of in SLICES.items():
        names = np.array([name_of(face) for face in faces])
        for name in sorted(set(names)) if len(set(names)) > 1 else []:
            inside = names == name
            of_one = by == "person" and name != NOBODY
            units = np.arange(len(faces)) if of_one else data.groups[rows]
            accuracy = share(correct[inside], units[inside])
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
    "person": lambda row: NOBODY if row.person is None else str(row.person),
    "source": lambda row: row.source,
    "size": _size,
    "class_size": lambda row: f"{row.label} {_size(row)}",
    "confidence": _confidence,
}
"""What a slice is by, and the name of the slice that a face is in; that of `class_size` begins with a
class id."""


def skipped(photos: Sequence[int]) -> list[Message]:
    """A warning about photos whose picture is damaged; none without any."""
    return [message(SKIPPED, photos=", ".join(map(str, photos)))] if photos else []


def warnings(data: Dataset, straddling: int, drift: dict[str, Any] | None) -> list[Message]:
    """Reasons to distrust the metrics.

    `straddling` is the number of near-repeat sets on both sides of the split.
    """
    reasons = [*_few_faces(data), *_dominant_people(data)]
    if straddling:
        reasons.append(message(STRADDLING, n=straddling))
    if drift and drift["unusual"]["low"] > DRIFT_THRESHOLD:
        low, unusual, high = (f"{drift['unusual'][key]:.0%}" for key in ("low", "value", "high"))
        reasons.append(message(DRIFT, share=unusual, low=low, high=high, n=drift["n"]))
    return reasons


def _few_faces(data: Dataset) -> Iterator[Message]:
    learned = data.where("train", "validation")
    for text, rows in ((FEW_LEARNED, learned), (FEW_LOCKED, ~learned)):
        for index, id in enumerate(data.classes):
            n = int((data.labels[rows] == index).sum())
            if n < FEW:
                yield message(text, n=n, name=a_class(id))


def _dominant_people(data: Dataset) -> Iterator[Message]:
    for index, id in enumerate(data.classes):
        groups = data.groups[data.labels == index]
        most = int(np.unique(groups, return_counts=True)[1].max(initial=0))
        if most > DOMINANT_SHARE * len(groups):
            yield message(DOMINANT_PERSON, name=a_class(id), most=most, n=len(groups))
