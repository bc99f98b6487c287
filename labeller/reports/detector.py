"""How good the detector is, on photos that somebody called complete: what it finds, what it makes up, and at
which threshold."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import tasks
from db.box_thresholds import levels
from db.confidence_intervals import Interval, wilson
from db.models import Event, Face, Person, Photo, Run
from db.workbench import workbench
from labeller.errors import BadAnswer

HIDDEN, SHOWN, LIKELY = range(3)
SIZES = (24, 48, 96)
"""Edges of the size classes: shorter side of a face in pixels of the photo."""
POINTS = 60
"""Of a curve, at most."""


@dataclass(frozen=True)
class Seen:
    """A real face (`label` None: nobody said of which class), or a box that is none.

    `chance` is what the box head or, without it, the detector says; None: the detector did not find it.
    """

    photo: int
    month: str
    real: bool
    label: str | None
    side: float
    chance: float | None
    level: int
    """LIKELY, SHOWN or HIDDEN, by the thresholds in force; of a face that was not found HIDDEN."""

    @property
    def found(self) -> bool:
        return self.chance is not None


@dataclass(frozen=True)
class Line:
    """One row of the report: of n faces the share that was found, and that was shown among the first."""

    name: str
    n: int
    found: Interval
    likely: Interval


@dataclass(frozen=True)
class Report:
    """`false` are boxes a photo that are no face: all, shown at all, shown among the first."""

    photos: int
    lines: list[Line]
    by_size: list[Line]
    by_month: list[Line]
    false: tuple[float, float, float]


def report(seen: Sequence[Seen]) -> Report | None:
    """The figures of these faces and boxes; None without a real face."""
    real = [one for one in seen if one.real]
    if not real:
        return None
    photos = len({one.photo for one in seen})
    labels = sorted({one.label for one in real if one.label})
    lines = [_line("", real), *(_line(name, [one for one in real if one.label == name]) for name in labels)]
    sizes = [(_size(one.side), one) for one in real]
    by_size = [
        _line(name, [one for size, one in sizes if size == name]) for name in _sizes() if name in dict(sizes)
    ]
    months = sorted({one.month for one in real})
    by_month = [_line(month, [one for one in real if one.month == month]) for month in months]
    wrong = [one for one in seen if not one.real]
    every, shown, first = (
        sum(one.level >= level for one in wrong) / photos for level in (HIDDEN, SHOWN, LIKELY)
    )
    return Report(photos, lines, by_size, by_month, (every, shown, first))


def curve(seen: Sequence[Seen], label: str | None) -> list[tuple[float, float, float]]:
    """(threshold, false boxes a photo, recall) from the highest threshold down; of one class or of all."""

    def asked_for(one: Seen) -> bool:
        return one.real and label in (None, one.label)

    there = max(1, sum(asked_for(one) for one in seen))
    photos = len({one.photo for one in seen})
    boxes = sorted((one for one in seen if one.found), key=lambda one: -(one.chance or 0))
    points, hits, wrong = [], 0, 0
    for place, one in enumerate(boxes):
        hits += asked_for(one)
        wrong += not one.real
        if place + 1 == len(boxes) or boxes[place + 1].chance != one.chance:
            points.append((float(one.chance or 0), wrong / photos, hits / there))
    kept = {round(i * (len(points) - 1) / (POINTS - 1)) for i in range(POINTS)} if points else set()
    return [points[i] for i in sorted(kept)]


def on_complete_photos(session: Session) -> list[Seen]:
    """Every face and box of complete photos, but for likely ones that nobody answered."""
    query = select(Face, Photo.created_at).join(Photo)
    query = query.where(Photo.completed_at.is_not(None), Photo.status == "ready").order_by(Face.id)
    likely, hidden = levels(session)
    found = []
    for face, created in session.execute(query):
        real = face.state == "confirmed" or (face.source == "human" and face.state == "proposed")
        said = None if face.source == "human" else face.confidence if face.chance is None else face.chance
        level = _level(face, likely, hidden)
        if real or face.state == "rejected" or level < LIKELY:  # the others wait for their answer
            month, side = created.strftime("%Y-%m"), min(face.w, face.h)
            found.append(Seen(face.photo_id, month, real, face.label, side, said, level))
    return found


def _level(face: Face, likely: float, hidden: float) -> int:
    """How the box would be shown now if nobody had answered it."""
    if face.source == "human":
        return HIDDEN
    if face.chance is None:
        return HIDDEN if face.hidden else SHOWN if face.doubtful else LIKELY
    return (face.chance >= hidden) + (face.chance >= likely)


def move(session: Session, by: Person, likely: float, hidden: float) -> None:
    """Choose from which chance on a proposal is shown among the first, and below which it is hidden.

    Raises BadAnswer. What waits is sorted anew by the train worker, after the commit.
    """
    if not 0 <= hidden <= likely <= 1:
        hint = "Both are between 0 and 1, and what is hidden is below what is likely."
        raise BadAnswer("bad_thresholds", "These thresholds do not fit.", hint)
    row = workbench(session)
    row.likely_at, row.hidden_at = likely, hidden
    detail = {"likely": likely, "hidden": hidden}
    session.add(Event(kind="thresholds", person_id=by.id, detail=detail))
    tasks.enqueue_box_scoring(session)


def has_head(session: Session) -> bool:
    """Whether enough was answered to say what a proposal is worth."""
    return session.scalar(select(Run.id).where(Run.box_head.is_not(None)).limit(1)) is not None


def _line(name: str, real: Sequence[Seen]) -> Line:
    found = sum(one.found for one in real)
    likely = sum(one.level == LIKELY for one in real)
    return Line(name, len(real), wilson(found, len(real)), wilson(likely, len(real)))


def _sizes() -> list[str]:
    names = [f"under {SIZES[0]} px"]
    names += [f"{low} to {high} px" for low, high in itertools.pairwise(SIZES)]
    return [*names, f"{SIZES[-1]} px and more"]


def _size(side: float) -> str:
    return _sizes()[sum(side >= edge for edge in SIZES)]
