"""Any two runs on the faces that neither learned from: metrics side by side, and where they differ."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from db import classes
from db.models import Face, Outcome, Run
from trainer.evaluation.metrics import too_small
from trainer.evaluation.paired_test import Difference, difference

SHOWN = 60
"""Faces on which the runs differ, at most."""


@dataclass(frozen=True)
class Disagreement:
    """A face, its label now, and what each run said of it."""

    face: Face
    one: str
    other: str


@dataclass(frozen=True)
class Comparison:
    """`difference` is one minus other; None while the runs share too few faces."""

    part: str
    difference: Difference | None
    reason: str | None
    disagreements: list[Disagreement]
    disagreed: int


def compare(session: Session, one: Run, other: Run) -> Comparison:
    """On the locked faces both were measured on, else on those both judged out of fold; by today's labels."""
    found = _shared(session, one, other)
    locked = [pair for pair in found if pair.part == "locked"]
    names = classes.names(session)
    reason = _too_small(locked, names)
    part, pairs = ("locked", locked) if reason is None else ("fold", [p for p in found if p.part == "fold"])
    differing = [pair for pair in pairs if pair.one != pair.other]
    if part == "fold" and _too_small(pairs, names) is not None:
        return Comparison(part, None, reason, [], 0)
    shown = _faces(session, differing[:SHOWN])
    return Comparison(part, _difference(pairs, names), reason, shown, len(differing))


@dataclass(frozen=True)
class _Pair:
    face_id: int
    truth: str
    group: int
    part: str
    one: str
    other: str


def _shared(session: Session, one: Run, other: Run) -> list[_Pair]:
    a, b = aliased(Outcome), aliased(Outcome)
    query = (
        select(Face.id, Face.label, a.group_id, a.part, a.label.label("one"), b.label.label("other"))
        .join(a, a.face_id == Face.id)
        .join(b, b.face_id == Face.id)
        .where(a.run_id == one.id, b.run_id == other.id, a.part == b.part, Face.label.is_not(None))
        .order_by(Face.id)
    )
    meant = classes.read(session)
    return [
        _Pair(
            row.id,
            str(row.label),
            row.group_id,
            row.part,
            meant.current_name(row.one),
            meant.current_name(row.other),
        )
        for row in session.execute(query)
    ]


def _too_small(pairs: list[_Pair], names: tuple[str, ...]) -> str | None:
    known = [pair for pair in pairs if pair.truth in names]
    labels = np.array([names.index(pair.truth) for pair in known], np.int64)
    return too_small(labels, np.array([pair.group for pair in known], np.int64), names)


def _difference(pairs: list[_Pair], names: tuple[str, ...]) -> Difference:
    known = [pair for pair in pairs if pair.truth in names]
    return difference(
        np.array([names.index(pair.truth) for pair in known], np.int64),
        np.array([pair.one == pair.truth for pair in known], bool),
        np.array([pair.other == pair.truth for pair in known], bool),
        np.array([pair.group for pair in known], np.int64),
    )


def _faces(session: Session, pairs: list[_Pair]) -> list[Disagreement]:
    by_id = {
        face.id: face for face in session.scalars(select(Face).where(Face.id.in_([p.face_id for p in pairs])))
    }
    return [Disagreement(by_id[pair.face_id], pair.one, pair.other) for pair in pairs]
