"""Picks: faces chosen to come early, by the selection or by hand."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from db.i18n import N_
from db.models import READY, Face, Pick, Run, Score
from labeller.queue import leases

CHOSEN = "chosen"
REASONS = {
    CHOSEN: ("typical", N_("Somebody picked it by hand.")),
    "typical": ("typical", N_("It is typical of many faces.")),
    "novel": ("typical", N_("It is unlike anything labelled so far.")),
    "control": ("control", N_("Drawn at random, to measure what choosing faces brings.")),
    "weak_class": ("weak", N_("The model is often wrong about “%(label)s”.")),
    "weak_person": ("weak", N_("The model is often wrong about this person.")),
    "box": ("box", N_("The detector is not sure that this is a face.")),
    "uncertain": ("uncertain", N_("The model was not sure here.")),
}
"""For each reason of a pick: its code in the API, and its text."""
BY_HAND: ColumnElement[bool] = and_(
    Pick.reason == CHOSEN, or_(Face.decided_at.is_(None), Face.decided_at < Pick.created_at)
)
"""Chosen by hand, and not answered since."""
AGAIN: ColumnElement[bool] = and_(BY_HAND, Face.decided_at.is_not(None))
"""Chosen by hand after it had been answered."""


MOST_COUNTED = 5000
"""Picks of a run that are counted, the newest."""


def waiting(
    session: Session, mode: str, run: Run | None, free: ColumnElement[bool], limit: int
) -> list[Pick]:
    """The next picks that nobody has answered since, in their order, each face once and locked.

    `free` is a condition on the face.
    """
    if limit < 1 or (mode == "label" and run is not None):
        return []
    query = (_by_model(run) if run else _without_model()).where(free)
    query = query.order_by(Pick.reason != CHOSEN, Pick.rank, Pick.id).limit(limit)
    picks = session.scalars(
        leases.skip_locked(query).options(contains_eager(Pick.face).contains_eager(Face.photo))
    )
    first: dict[int, Pick] = {}
    for pick in picks:
        first.setdefault(pick.face_id, pick)
    return list(first.values())


def why(pick: Pick) -> tuple[str, str, dict[str, Any]]:
    """The code of the reason, its text, and the values of the text's placeholders."""
    code, text = REASONS[pick.reason]
    return code, text, pick.detail


def _picks() -> Select[Pick]:
    return select(Pick).join(Pick.face).join(Face.photo).where(READY, Pick.open)


def _without_model() -> Select[Pick]:
    """Typical faces that nobody has answered."""
    return _picks().where(
        Pick.run_id.is_(None), Pick.reason != CHOSEN, Face.decided_at.is_(None), Face.opinions == 0
    )


def _by_model(run: Run) -> Select[Pick]:
    """The run's picks until they are decided, and picks by hand until they are answered."""
    return _picks().where(or_(and_(Pick.run_id == run.id, Face.decided_at.is_(None)), BY_HAND))


@dataclass(frozen=True)
class ReasonCounts:
    """Of the picks for one reason: how many wait, are answered, agree with the model, are no face."""

    reason: str
    waiting: int
    answered: int
    agreed: int
    rejected: int


def counts_by_reason(session: Session, run: Run) -> list[ReasonCounts]:
    """The newest MOST_COUNTED picks of the run and their answers, by reason, the most frequent first."""
    decided = Face.decided_at.is_not(None)
    scored = and_(Score.run_id == run.id, Score.face_id == Face.id)
    newest = select(Pick.face_id, Pick.reason).where(Pick.run_id == run.id)
    picks = newest.order_by(Pick.rank.desc()).limit(MOST_COUNTED).subquery()
    query = select(
        picks.c.reason,
        _count(~decided),
        _count(decided),
        _count(and_(decided, Face.label == Score.label)),
        _count(Face.state == "rejected"),
    )
    query = query.join(Face, Face.id == picks.c.face_id).outerjoin(Score, scored)
    counts = [ReasonCounts(*row) for row in session.execute(query.group_by(picks.c.reason)).tuples()]
    return sorted(counts, key=lambda one: -(one.waiting + one.answered))


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0)).cast(Integer)
