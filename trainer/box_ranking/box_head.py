"""The box head: which of the detector's proposals is a face. Pure: arrays in, arrays out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from trainer.arrays import BoolArray, Float32Array, FloatArray, IntArray

LEAST = 60
"""Answers below which the detector's own confidence orders better than anything learned from them."""
LEAST_OF_EACH = 15
"""Faces and non-faces among them."""
STRENGTH = 0.003
"""1 over the penalty: of 0.003, 0.01 and 0.03 the best after 300 answers (benchmarks/boxes.py)."""
TOLD = 3.0
"""How much heavier what the detector says weighs than one feature of the network."""
COLUMNS = 5
"""Of `Told.columns`."""
FOLDS = 5
FAINTEST = 0.1
"""Confidence that stands for a pass which found nothing."""


Scores = FloatArray
CROWDED = 3.0
"""Log-odds that a box loses for each share (IoU) of it that a better one covers: mostly it is half of a face
that the other has as a whole. Of 1 to 8 there is little to choose (benchmarks/boxes.py)."""


@dataclass(frozen=True)
class Told:
    """What the detector says of n proposals: confidence and that of its other pass (NaN: it found nothing),
    side relative to the photo's longest side, tilt of the eyes in degrees; each (n,)."""

    confidence: FloatArray
    again: FloatArray
    size: FloatArray
    tilt: FloatArray

    def columns(self) -> FloatArray:
        """(n, COLUMNS), each of about unit scale."""
        twice = ~np.isnan(self.again)
        again = np.where(twice, self.again, FAINTEST)
        return np.column_stack(
            [
                _log_odds(self.confidence),
                np.log(self.size),
                np.abs(self.tilt) / 20,
                twice,
                _log_odds(np.maximum(again, FAINTEST)) / 2,
            ]
        )


@dataclass(frozen=True)
class BoxHead:
    """Linear in the views and in what the detector says; slope and offset make log-odds of it."""

    weights: Float32Array
    centre: Float32Array
    slope: float
    offset: float

    def scores(self, inputs: Float32Array) -> Scores:
        """Log-odds (n,) of being a face, of rows made by `inputs`."""
        score = (inputs - self.centre) @ self.weights
        return np.asarray(self.slope * score.astype(np.float64) + self.offset)

    def as_dict(self) -> dict[str, Any]:
        return {
            "weights": self.weights.tolist(),
            "centre": self.centre.tolist(),
            "slope": self.slope,
            "offset": self.offset,
        }

    @classmethod
    def from_dict(cls, saved: dict[str, Any]) -> "BoxHead":
        weights, centre = (np.asarray(saved[name], np.float32) for name in ("weights", "centre"))
        return cls(weights, centre, saved["slope"], saved["offset"])


def inputs(views: Sequence[NDArray[np.floating]], told: Told) -> Float32Array:
    """Rows (n, 5125) from the features (n, 1280) of each view, see crops.SURROUNDINGS."""
    return np.concatenate([*views, TOLD * told.columns()], axis=1).astype(np.float32)


def chances(scores: Scores) -> Scores:
    """Probabilities of log-odds."""
    return np.asarray(1 / (1 + np.exp(-scores)))


def uncrowded(scores: Scores, boxes: FloatArray, photos: IntArray) -> Scores:
    """Scores (n,) less what better boxes (x, y, w, h) of the same photo take from them."""
    left = scores.copy()
    for photo in np.unique(photos):
        here = np.flatnonzero(photos == photo)
        better = scores[here][None, :] > scores[here][:, None]
        left[here] -= CROWDED * (_overlaps(boxes[here]) * better).max(axis=1)
    return left


def _overlaps(boxes: FloatArray) -> FloatArray:
    """Intersection over union (n, n) of boxes (x, y, w, h)."""
    near, size = boxes[:, :2], boxes[:, 2:]
    low = np.maximum(near[:, None], near[None])
    high = np.minimum((near + size)[:, None], (near + size)[None])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    area = size.prod(axis=1)
    return np.asarray(shared / (area[:, None] + area[None] - shared))


def tilt(keypoints: dict[str, list[float]] | None) -> float:
    """Degrees by which the line through the eyes is turned; 0 without eyes."""
    if not keypoints:
        return 0.0
    right, left = (np.asarray(keypoints[name], float) for name in ("right_eye", "left_eye"))
    across, down = right - left
    return float(np.degrees(np.arctan2(down, across)))


def enough(is_face: BoolArray) -> bool:
    """Whether so many answers can say more than the detector."""
    return bool(len(is_face) >= LEAST and min(is_face.sum(), (~is_face).sum()) >= LEAST_OF_EACH)


@dataclass(frozen=True)
class Fitted:
    """A head; of what it learned from, log-odds (n,) by heads that saw no box of the photo."""

    head: BoxHead
    out_of_fold: Scores


def fit(
    rows: Float32Array,
    is_face: BoolArray,
    photos: IntArray,
    drawn: BoolArray | None = None,
) -> Fitted | None:
    """From answers to n proposals; None while they are too few, or where they teach nothing.

    Of `drawn` faces the detector said nothing: there it is taken to say what it says on average.
    """
    if not enough(is_face):
        return None
    rows = rows.copy()
    if drawn is not None and drawn.any():
        rows[drawn, -COLUMNS:] = rows[~drawn, -COLUMNS:].mean(axis=0)
    centre = rows.mean(axis=0)
    rows -= centre
    scores = _out_of_fold(rows, is_face, photos)
    platt = LogisticRegression(C=1.0).fit(scores[:, None], is_face)  # Platt 1999
    slope, offset = float(platt.coef_[0, 0]), float(platt.intercept_[0])
    if slope <= 0:
        return None
    fitted = _linear(rows, is_face)
    head = BoxHead(
        np.asarray(fitted.coef_[0], np.float32), centre, slope, offset + slope * float(fitted.intercept_[0])
    )
    return Fitted(head, slope * scores + offset)


def _out_of_fold(rows: Float32Array, is_face: BoolArray, photos: IntArray) -> Scores:
    scores = np.zeros(len(rows))
    folds = StratifiedGroupKFold(min(FOLDS, len(np.unique(photos))), shuffle=True, random_state=0)
    for inside, outside in folds.split(rows, is_face, photos):
        scores[outside] = _linear(rows[inside], is_face[inside]).decision_function(rows[outside])
    return scores


def _linear(rows: Float32Array, is_face: BoolArray) -> LogisticRegression:
    return LogisticRegression(C=STRENGTH, max_iter=500).fit(rows, is_face)


def _log_odds(p: FloatArray) -> FloatArray:
    kept = np.clip(p, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(kept / (1 - kept)))
