"""Comparison of two runs on faces that neither learned from: the paired difference, and where they differ."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from db import classes
from db.i18n import N_
from db.messages import Message, message
from db.models import Face, Outcome, Run
from trainer.arrays import IntArray
from trainer.evaluation.metrics import people_missing
from trainer.evaluation.paired_test import Difference, difference

MOST_COMPARED = 2000
"""Faces on which runs are compared, the newest; the difference says how many there were."""
MAX_SHOWN = 60
"""Most disagreements that are listed."""
TOO_FEW_SHARED = N_(
    "The two runs share too few faces that neither learned from: each class needs faces of five people."
)
TOO_FEW_LOCKED = N_("The locked faces are too few yet: compared on those that both predicted out of fold.")


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
    reason: Message | None
    disagreements: list[Disagreement]
    disagreed: int


def compare(session: Session, first: Run, second: Run) -> Comparison:
    """Compare on the locked faces both predicted, else on those both predicted out of fold.

    Predictions are compared with the present labels.
    """
    names = classes.names(session)
    part, pairs, reason = "locked", _shared_predictions(session, first, second, "locked"), None
    if _too_few_people(pairs, names):
        part, reason = "fold", message(TOO_FEW_LOCKED)
        pairs = _shared_predictions(session, first, second, part)
        if _too_few_people(pairs, names):
            return Comparison(part, None, message(TOO_FEW_SHARED), [], 0)
    differing = [pair for pair in pairs if pair.first_label != pair.second_label]
    shown = _disagreements(session, differing[:MAX_SHOWN])
    return Comparison(part, _difference(pairs, names), reason, shown, len(differing))


class _Pair(NamedTuple):
    """The predictions of both runs for the face `id`, its label now, and its group."""

    id: int
    truth: str
    group_id: int
    first_label: str
    second_label: str


def _shared_predictions(session: Session, first: Run, second: Run, part: str) -> list[_Pair]:
    """Both runs' predictions for the newest faces of this part that the older run has, by face.

    At most MOST_COMPARED: a newer run has predicted nearly all that an older one has.
    """
    older, newer = sorted((first, second), key=lambda run: run.id)
    of_older = select(Outcome).where(Outcome.run_id == older.id, Outcome.part == part)
    newest = of_older.order_by(Outcome.face_id.desc()).limit(MOST_COMPARED).subquery()
    a, b = aliased(Outcome, newest), aliased(Outcome)
    current = classes.read(session)
    names = {older.id: current.name_of(a.label), newer.id: current.name_of(b.label)}
    query = (
        select(
            Face.id,
            Face.label.label("truth"),
            a.group_id,
            names[first.id].label("first_label"),
            names[second.id].label("second_label"),
        )
        .join(a, a.face_id == Face.id)
        .join(b, b.face_id == Face.id)
        .where(b.run_id == newer.id, b.part == part, Face.label.is_not(None))
        .order_by(Face.id)
    )
    return [_Pair._make(row) for row in session.execute(query)]


def _too_few_people(pairs: list[_Pair], names: tuple[str, ...]) -> bool:
    labels, groups = _labels_and_groups(pairs, names)
    return bool(people_missing(labels, groups, len(names)).any())


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
    return labels, np.array([pair.group_id for pair in offered], np.int64)


def _disagreements(session: Session, pairs: list[_Pair]) -> list[Disagreement]:
    faces = session.scalars(select(Face).where(Face.id.in_([pair.id for pair in pairs])))
    by_id = {face.id: face for face in faces}
    return [Disagreement(by_id[pair.id], pair.first_label, pair.second_label) for pair in pairs]
