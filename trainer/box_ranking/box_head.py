"""The box head: the probability that a proposal of the detector is a face. Works on arrays alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from trainer.arrays import BoolArray, Float32Array, FloatArray, IntArray

MIN_ANSWERS = 60
"""With fewer answers the detector's own confidence ranks better than anything learned from them."""
MIN_ANSWERS_OF_EACH = 15
"""The least number of faces, and of non-faces, among the answers."""
INVERSE_PENALTY = 0.003
"""`C` of the logistic regression: of 0.003, 0.01, 0.03 the best after 300 answers (benchmarks/boxes.py)."""
DETECTOR_SCALE = 3.0
"""Factor by which the detector's outputs are scaled against one feature of the network."""
DETECTOR_COLUMNS = 5
"""Number of columns of `DetectorOutputs.columns`."""
FOLDS = 5
MIN_CONFIDENCE = 0.1
"""Confidence that stands for a pass which found nothing."""
OVERLAP_PENALTY = 3.0
"""Log-odds that a box loses per IoU with a better box, as it is mostly a part of the same face. The ranking
hardly changes between 1 and 8 (benchmarks/boxes.py)."""

Scores = FloatArray
"""Log-odds of being a face."""


@dataclass(frozen=True)
class DetectorOutputs:
    """What the detector reports of n proposals, each (n,).

    `confidence` and `second_confidence`, that of its other pass, lie in 0 to 1; NaN if the other pass found
    nothing. `size` is the box's side as a share of the photo's longest side, `eye_angle` is in degrees.
    """

    confidence: FloatArray
    second_confidence: FloatArray
    size: FloatArray
    eye_angle: FloatArray

    def columns(self) -> FloatArray:
        """Features (n, DETECTOR_COLUMNS), each of about unit scale."""
        found_twice = ~np.isnan(self.second_confidence)
        second_confidence = np.where(found_twice, self.second_confidence, MIN_CONFIDENCE)
        return np.column_stack(
            [
                _log_odds(self.confidence),
                np.log(self.size),
                np.abs(self.eye_angle) / 20,
                found_twice,
                _log_odds(np.maximum(second_confidence, MIN_CONFIDENCE)) / 2,
            ]
        )


@dataclass(frozen=True)
class BoxHead:
    """Linear in the views and the detector's outputs; slope and offset turn its score into log-odds."""

    weights: Float32Array
    centre: Float32Array
    slope: float
    offset: float

    def scores(self, inputs: Float32Array) -> Scores:
        """Log-odds (n,) of being a face, for rows (n, 5125) from `inputs`."""
        score = (inputs - self.centre) @ self.weights
        return np.asarray(self.slope * score.astype(np.float64) + self.offset)

    def as_dict(self) -> dict[str, Any]:
        """The head as JSON values, for `Run.box_head`."""
        return {
            "weights": self.weights.tolist(),
            "centre": self.centre.tolist(),
            "slope": self.slope,
            "offset": self.offset,
        }

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> "BoxHead":
        """The head that `as_dict` saved."""
        weights, centre = (np.asarray(saved[name], np.float32) for name in ("weights", "centre"))
        return cls(weights, centre, saved["slope"], saved["offset"])


def inputs(views: Sequence[NDArray[np.floating]], detected: DetectorOutputs) -> Float32Array:
    """Rows (n, 5125) from the features (n, 1280) of each view, see crops.BOX_HEAD_MARGINS."""
    return np.concatenate([*views, DETECTOR_SCALE * detected.columns()], axis=1).astype(np.float32)


def probabilities(scores: Scores) -> FloatArray:
    """Probabilities (n,) of log-odds (n,)."""
    return np.asarray(1 / (1 + np.exp(-scores)))


def penalise_overlaps(scores: Scores, boxes: FloatArray, photos: IntArray) -> Scores:
    """Lower the log-odds (n,) of boxes that overlap a better one of the same photo.

    `boxes` (n, 4) are (x, y, w, h) in pixels, `photos` (n,) the photo of each.
    """
    penalised = scores.copy()
    for photo in np.unique(photos):
        here = np.flatnonzero(photos == photo)
        better = scores[here][None, :] > scores[here][:, None]
        penalised[here] -= OVERLAP_PENALTY * (_overlaps(boxes[here]) * better).max(axis=1)
    return penalised


def _overlaps(boxes: FloatArray) -> FloatArray:
    """Intersection over union (n, n) of boxes (x, y, w, h)."""
    corner, size = boxes[:, :2], boxes[:, 2:]
    low = np.maximum(corner[:, None], corner[None])
    high = np.minimum((corner + size)[:, None], (corner + size)[None])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    area = size.prod(axis=1)
    return np.asarray(shared / (area[:, None] + area[None] - shared))


def eye_angle(keypoints: dict[str, list[float]] | None) -> float:
    """Angle of the line through the eyes against the horizontal, in degrees; 0 without keypoints."""
    if not keypoints:
        return 0.0
    right, left = (np.asarray(keypoints[name], float) for name in ("right_eye", "left_eye"))
    across, down = right - left
    return float(np.degrees(np.arctan2(down, across)))


def enough_answers(is_face: BoolArray) -> bool:
    """Whether there are enough answers (n,), of both kinds, to rank better than the detector does."""
    rarer = min(is_face.sum(), (~is_face).sum())
    return bool(len(is_face) >= MIN_ANSWERS and rarer >= MIN_ANSWERS_OF_EACH)


@dataclass(frozen=True)
class FittedBoxHead:
    """A head, and the log-odds (n,) that cross-validation gave the boxes it learned from.

    Those come from heads that saw no box of the same photo.
    """

    head: BoxHead
    out_of_fold: Scores


def fit(
    rows: Float32Array,
    is_face: BoolArray,
    photos: IntArray,
    drawn: BoolArray | None = None,
) -> FittedBoxHead | None:
    """Fit on answers to n boxes; None while there are too few, or if they do not separate the two kinds.

    `rows` is (n, 5125), the other arrays are (n,). The detector reported nothing about the `drawn` faces:
    they get the mean of its outputs for the others. Log-odds are Platt scaled (Platt 1999, "Probabilistic
    Outputs for Support Vector Machines") on the out-of-fold scores.
    """
    if not enough_answers(is_face):
        return None
    rows = rows.copy()
    if drawn is not None and drawn.any():
        rows[drawn, -DETECTOR_COLUMNS:] = rows[~drawn, -DETECTOR_COLUMNS:].mean(axis=0)
    centre = rows.mean(axis=0)
    rows -= centre
    scores = _out_of_fold(rows, is_face, photos)
    platt = LogisticRegression(C=1.0).fit(scores[:, None], is_face)
    slope, offset = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    if slope <= 0:
        return None
    fitted = _linear(rows, is_face)
    head = BoxHead(
        np.asarray(fitted.coef_[0], np.float32), centre, slope, offset + slope * float(fitted.intercept_[0])
    )
    return FittedBoxHead(head, slope * scores + offset)


def _out_of_fold(rows: Float32Array, is_face: BoolArray, photos: IntArray) -> Scores:
    scores = np.zeros(len(rows))
    folds = StratifiedGroupKFold(min(FOLDS, len(np.unique(photos))), shuffle=True, random_state=0)
    for learned, held_out in folds.split(rows, is_face, photos):
        model = _linear(rows[learned], is_face[learned])
        scores[held_out] = model.decision_function(rows[held_out])
    return scores


def _linear(rows: Float32Array, is_face: BoolArray) -> LogisticRegression:
    return LogisticRegression(C=INVERSE_PENALTY, max_iter=500).fit(rows, is_face)


def _log_odds(p: FloatArray) -> FloatArray:
    clipped = np.clip(p, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(clipped / (1 - clipped)))
