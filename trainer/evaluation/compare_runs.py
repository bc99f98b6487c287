"""Comparison of two runs on faces that neither learned from: the paired difference, and where they differ."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from db import classes
from db.models import Face, Outcome, Run
from trainer.arrays import IntArray
from trainer.evaluation.metrics import too_small
from trainer.evaluation.paired_test import Difference, difference

MAX_SHOWN = 60
"""Most disagreements that are listed."""


@dataclass(frozen=True)
class Disagreement:
    """A face, and the classes that the two runs predicted for it."""

    face: Face
    first_label: str
    second_label: str


@dataclass(frozen=True)
class Comparison:
    """The comparison of two runs on the locked faces, or on the cross-validated ones (`part`).

    `difference` is first minus second; None, with a `reason`, while the runs share too few faces. `disagreed`
    counts all faces on which they differ; `disagreements` lists the first of them.
    """

    part: str
    difference: Difference | None
    reason: str | None
    disagreements: list[Disagreement]
    disagreed: int


def compare(session: Session, first: Run, second: Run) -> Comparison:
    """Compare on the locked faces both predicted, else on those both predicted out of fold.

    Predictions are compared with the present labels.
    """
    shared = _shared_predictions(session, first, second)
    locked = [pair for pair in shared if pair.part == "locked"]
    names = classes.names(session)
    reason = _too_small(locked, names)
    part, pairs = ("locked", locked) if reason is None else ("fold", [p for p in shared if p.part == "fold"])
    differing = [pair for pair in pairs if pair.first_label != pair.second_label]
    if part == "fold" and _too_small(pairs, names) is not None:
        return Comparison(part, None, reason, [], 0)
    shown = _disagreements(session, differing[:MAX_SHOWN])
    return Comparison(part, _difference(pairs, names), reason, shown, len(differing))


@dataclass(frozen=True)
class _Pair:
    """The predictions of both runs for a face, its label now, and its group."""

    face_id: int
    truth: str
    group: int
    part: str
    first_label: str
    second_label: str


def _shared_predictions(session: Session, first: Run, second: Run) -> list[_Pair]:
    a, b = aliased(Outcome), aliased(Outcome)
    labels = (a.label.label("first_label"), b.label.label("second_label"))
    query = (
        select(Face.id, Face.label.label("truth"), a.group_id, a.part, *labels)
        .join(a, a.face_id == Face.id)
        .join(b, b.face_id == Face.id)
        .where(a.run_id == first.id, b.run_id == second.id, a.part == b.part, Face.label.is_not(None))
        .order_by(Face.id)
    )
    class_names = classes.read(session)
    return [
        _Pair(
            row.id,
            str(row.truth),
            row.group_id,
            row.part,
            class_names.current_name(row.first_label),
            class_names.current_name(row.second_label),
        )
        for row in session.execute(query)
    ]


def _too_small(pairs: list[_Pair], names: tuple[str, ...]) -> str | None:
    labels, groups = _labels_and_groups(pairs, names)
    return too_small(labels, groups, names)


def _difference(pairs: list[_Pair], names: tuple[str, ...]) -> Difference:
    labels, groups = _labels_and_groups(pairs, names)
    offered = [pair for pair in pairs if pair.truth in names]
    return difference(
        labels,
        np.array([pair.first_label == pair.truth for pair in offered], bool),
        np.array([pair.second_label == pair.truth for pair in offered], bool),
        groups,
    )


def _labels_and_groups(pairs: list[_Pair], names: tuple[str, ...]) -> tuple[IntArray, IntArray]:
    """Class indices and groups of the pairs whose class is still offered."""
    offered = [pair for pair in pairs if pair.truth in names]
    labels = np.array([names.index(pair.truth) for pair in offered], np.int64)
    return labels, np.array([pair.group for pair in offered], np.int64)


def _disagreements(session: Session, pairs: list[_Pair]) -> list[Disagreement]:
    faces = session.scalars(select(Face).where(Face.id.in_([pair.face_id for pair in pairs])))
    by_id = {face.id: face for face in faces}
    return [Disagreement(by_id[pair.face_id], pair.first_label, pair.second_label) for pair in pairs]
