"""How good the detector is on complete photos: what it finds and wrongly proposes, at which threshold."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import tasks
from db.box_thresholds import BoxLevel, BoxThresholds, box_level, box_thresholds, stored_level
from db.confidence_intervals import Interval, share
from db.models import Event, Face, Person, Photo, Run
from db.workbench import lock_workbench
from labeller.answers.boxes import COMPLETE, REAL_FACE
from labeller.errors import BadAnswer

SIZES = (24, 48, 96)
"""Edges of the size classes: shorter side of a face in pixels of the photo."""
POINTS = 60
"""Most points of a curve."""


@dataclass(frozen=True)
class EvaluatedBox:
    """A real face (`label` is None if it has no class yet), or a proposal that is no face.

    `score` is the probability by the box head or, without one, the detector's confidence; None if the
    detector did not find the face. `level` follows the thresholds in force, HIDDEN if it was not found.
    """

    photo: int
    group: int
    month: str
    real: bool
    label: str | None
    side: float
    score: float | None
    level: BoxLevel

    @property
    def found(self) -> bool:
        return self.score is not None


@dataclass(frozen=True)
class Line:
    """One row of the report: the shares of faces that the detector found, and that are shown first."""

    name: str
    found: Interval | None
    likely: Interval | None


@dataclass(frozen=True)
class Report:
    """`false` counts the boxes per photo that are no face: all, those not hidden, those shown first."""

    photos: int
    lines: list[Line]
    by_size: list[Line]
    by_month: list[Line]
    false: tuple[float, float, float]


def report(boxes: Sequence[EvaluatedBox]) -> Report | None:
    """The report on these boxes; None without a real face."""
    real = [one for one in boxes if one.real]
    if not real:
        return None
    photos = len({one.photo for one in boxes})
    labels = sorted({one.label for one in real if one.label})
    lines = [_line("", real), *(_line(name, [one for one in real if one.label == name]) for name in labels)]
    sizes = [(_size(one.side), one) for one in real]
    by_size = [
        _line(name, [one for size, one in sizes if size == name]) for name in _sizes() if name in dict(sizes)
    ]
    months = sorted({one.month for one in real})
    by_month = [_line(month, [one for one in real if one.month == month]) for month in months]
    false = [one for one in boxes if not one.real]
    every, shown, first = (sum(one.level >= level for one in false) / photos for level in BoxLevel)
    return Report(photos, lines, by_size, by_month, (every, shown, first))


def curve(boxes: Sequence[EvaluatedBox], label: str | None) -> list[tuple[float, float, float]]:
    """(threshold, false boxes per photo, recall) by descending threshold; of one class, or of all (None)."""

    def is_positive(one: EvaluatedBox) -> bool:
        return one.real and label in (None, one.label)

    positives = max(1, sum(is_positive(one) for one in boxes))
    photos = len({one.photo for one in boxes})
    ranked = sorted((one for one in boxes if one.found), key=lambda one: -(one.score or 0))
    points, hits, false = [], 0, 0
    for i, one in enumerate(ranked):
        hits += is_positive(one)
        false += not one.real
        if i + 1 == len(ranked) or ranked[i + 1].score != one.score:
            points.append((float(one.score or 0), false / photos, hits / positives))
    kept = {round(i * (len(points) - 1) / (POINTS - 1)) for i in range(POINTS)} if points else set()
    return [points[i] for i in sorted(kept)]


def boxes_of_complete_photos(session: Session) -> list[EvaluatedBox]:
    """The boxes of complete photos, except likely ones that nobody has answered yet."""
    query = select(Face, REAL_FACE, Photo).join(Photo).where(COMPLETE).order_by(Face.id)
    thresholds = box_thresholds(session)
    boxes = []
    for face, real, photo in session.execute(query):
        level = _level(face, thresholds)
        if real or face.state == "rejected" or level < BoxLevel.LIKELY:
            month, side = photo.created_at.strftime("%Y-%m"), min(face.w, face.h)
            boxes.append(
                EvaluatedBox(photo.id, photo.group_id, month, real, face.label, side, _score(face), level)
            )
    return boxes


def _score(face: Face) -> float | None:
    if face.source == "human":
        return None
    return face.confidence if face.face_probability is None else face.face_probability


def _level(face: Face, thresholds: BoxThresholds) -> BoxLevel:
    """How the box would be shown now if nobody had answered it."""
    if face.source == "human":
        return BoxLevel.HIDDEN
    if face.face_probability is None:
        return stored_level(face)
    return box_level(face.confidence or 0.0, face.face_probability, thresholds)


def set_thresholds(session: Session, by: Person, likely: float, hidden: float) -> None:
    """Set the probabilities from which a box is shown first, and below which it is hidden.

    The train worker applies them to the waiting boxes after the commit. Raises BadAnswer.
    """
    if not 0 <= hidden <= likely <= 1:
        hint = "Both are between 0 and 1, and what is hidden is below what is likely."
        raise BadAnswer("bad_thresholds", "These thresholds do not fit.", hint)
    row = lock_workbench(session)
    row.likely_threshold, row.hidden_threshold = likely, hidden
    detail = {"likely": likely, "hidden": hidden}
    session.add(Event(kind="thresholds", person_id=by.id, detail=detail))
    tasks.enqueue_box_scoring(session)


def has_box_head(session: Session) -> bool:
    """Whether a box head has been trained: before, the detector's confidence decides."""
    return session.scalar(select(Run.id).where(Run.box_head.is_not(None)).limit(1)) is not None


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
