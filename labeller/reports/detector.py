"""How good a detector is on complete photos: what it finds and wrongly proposes, at which threshold."""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from db.box_thresholds import BoxLevel
from db.confidence_intervals import Interval, share
from labeller.reports.rates import mean_per_photo

SIZES = (24, 48, 96)
"""Edges of the size classes: shorter side of a face in pixels of the photo."""
POINTS = 60
"""Most points of a curve."""


@dataclass(frozen=True)
class EvaluatedBox:
    """A real face (`label` is None if it has no class yet), or a proposal that is no face.

    `score` is the confidence of the detector that ranks; None if it did not find the face. `level` says how
    the box is shown before anybody answers it; HIDDEN if it was not `found`.
    """

    photo: int
    group: int
    month: str
    face_id: int | None
    real: bool
    label: str | None
    side: float
    found: bool
    score: float | None
    level: BoxLevel


@dataclass(frozen=True)
class Line:
    """One row of the report: the shares of faces that were found, and that are shown first."""

    name: str
    found: Interval | None
    likely: Interval | None


@dataclass(frozen=True)
class Report:
    """`false` are the boxes per photo that are no face: all, those not hidden, those shown first."""

    photos: int
    lines: list[Line]
    by_size: list[Line]
    by_month: list[Line]
    false: tuple[Interval, Interval, Interval]


def report(boxes: Sequence[EvaluatedBox], photos: Sequence[tuple[int, int]]) -> Report | None:
    """The report on these boxes of (photo, group) `photos`; None without a real face."""
    real = [one for one in boxes if one.real]
    if not real:
        return None
    labels = sorted({one.label for one in real if one.label})
    lines = [_line("", real), *(_line(name, [one for one in real if one.label == name]) for name in labels)]
    sizes = [(_size(one.side), one) for one in real]
    by_size = [
        _line(name, [one for size, one in sizes if size == name]) for name in _sizes() if name in dict(sizes)
    ]
    months = sorted({one.month for one in real})
    by_month = [_line(month, [one for one in real if one.month == month]) for month in months]
    every, shown, first = (_false_boxes(boxes, photos, level) for level in BoxLevel)
    return Report(len(photos), lines, by_size, by_month, (every, shown, first))


def _false_boxes(
    boxes: Sequence[EvaluatedBox], photos: Sequence[tuple[int, int]], level: BoxLevel
) -> Interval:
    times = Counter(one.photo for one in boxes if not one.real and one.level >= level)
    ids, groups = np.array(photos).T
    counts = np.array([times[id] for id in ids.tolist()])
    return mean_per_photo(counts, groups)


def curve(boxes: Sequence[EvaluatedBox], photos: int, label: str | None) -> list[tuple[float, float, float]]:
    """(threshold, false boxes per photo, recall) by descending threshold; of one class, or of all (None)."""

    def is_positive(one: EvaluatedBox) -> bool:
        return one.real and label in (None, one.label)

    positives = max(1, sum(is_positive(one) for one in boxes))
    ranked = sorted((one for one in boxes if one.score is not None), key=lambda one: -(one.score or 0))
    points, hits, false = [], 0, 0
    for i, one in enumerate(ranked):
        hits += is_positive(one)
        false += not one.real
        if i + 1 == len(ranked) or ranked[i + 1].score != one.score:
            points.append((float(one.score or 0), false / photos, hits / positives))
    kept = {round(i * (len(points) - 1) / (POINTS - 1)) for i in range(POINTS)} if points else set()
    return [points[i] for i in sorted(kept)]


def _line(name: str, real: Sequence[EvaluatedBox]) -> Line:
    groups = [one.group for one in real]
    found, likely = [one.found for one in real], [one.level == BoxLevel.LIKELY for one in real]
    return Line(name, share(found, groups), share(likely, groups))


def _sizes() -> list[str]:
    names = [f"under {SIZES[0]} px"]
    names += [f"{low} to {high} px" for low, high in itertools.pairwise(SIZES)]
    return [*names, f"{SIZES[-1]} px and more"]


def _size(side: float) -> str:
    return _sizes()[sum(side >= edge for edge in SIZES)]
