"""Faces that were picked for somebody's next second: by the selection, or by hand on the map."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Integer, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from db.i18n import N_
from db.models import Face, Photo, Pick, Run, Score

CHOSEN = "chosen"
REASONS = {
    CHOSEN: ("typical", N_("Somebody picked it on the map.")),
    "typical": ("typical", N_("It is typical of many faces.")),
    "novel": ("typical", N_("It is unlike anything labelled so far.")),
    "control": ("control", N_("Drawn at random, to measure what choosing faces brings.")),
    "weak_class": ("weak", N_("The model is often wrong about “%(label)s”.")),
    "weak_person": ("weak", N_("The model is often wrong about this person.")),
    "box": ("box", N_("The detector is not sure that this is a face.")),
    "uncertain": ("uncertain", N_("The model was not sure here.")),
}
"""Of each kind of pick the code of the API's contract, and the text."""
BY_HAND: ColumnElement[bool] = and_(
    Pick.reason == CHOSEN, or_(Face.decided_at.is_(None), Face.decided_at < Pick.created_at)
)
"""Chosen by hand, and not answered since."""
AGAIN: ColumnElement[bool] = and_(BY_HAND, Face.decided_at.is_not(None))
"""Chosen by hand after it had been answered."""


def waiting(
    session: Session, mode: str, run: Run | None, free: ColumnElement[bool], limit: int
) -> list[Pick]:
    """The next picks that nobody answered since, by place; each face once."""
    if mode == "label" and run is not None:
        return []
    query = (_by_model(run) if run else _without_model()).where(free)
    query = query.order_by(Pick.reason != CHOSEN, Pick.place, Pick.id).limit(limit)
    picks = session.scalars(query.options(contains_eager(Pick.face).contains_eager(Face.photo)))
    first: dict[int, Pick] = {}
    for pick in picks:
        first.setdefault(pick.face_id, pick)
    return list(first.values())


def why(pick: Pick) -> tuple[str, str, dict[str, str]]:
    """The reason's code, and its text with the values that belong in it."""
    code, text = REASONS[pick.reason]
    return code, text, {name: str(value) for name, value in pick.detail.items()}


def _picks() -> Select[Pick]:
    return select(Pick).join(Pick.face).join(Face.photo).where(Photo.status == "ready")


def _without_model() -> Select[Pick]:
    """What is typical; nobody was asked about it."""
    return _picks().where(
        Pick.run_id.is_(None), Pick.reason != CHOSEN, Face.decided_at.is_(None), Face.opinions == 0
    )


def _by_model(run: Run) -> Select[Pick]:
    """What the run's scores chose, until somebody decides; what was chosen by hand, until it is answered."""
    return _picks().where(or_(and_(Pick.run_id == run.id, Face.decided_at.is_(None)), BY_HAND))


@dataclass(frozen=True)
class Share:
    """Of one reason: faces that wait, that were answered; of these, how many as the model said, and how many
    were no face."""

    reason: str
    waiting: int
    answered: int
    agreed: int
    rejected: int


def composition(session: Session, run: Run) -> list[Share]:
    """What the selection by this run is made of, and what came of it; the most frequent reason first."""
    decided = Face.decided_at.is_not(None)
    scored = and_(Score.run_id == run.id, Score.face_id == Face.id)
    query = select(
        Pick.reason,
        _number(~decided),
        _number(decided),
        _number(and_(decided, Face.label == Score.label)),
        _number(Face.state == "rejected"),
    )
    query = query.join(Pick.face).outerjoin(Score, scored).where(Pick.run_id == run.id)
    shares = [Share(*row) for row in session.execute(query.group_by(Pick.reason)).tuples()]
    return sorted(shares, key=lambda one: -(one.waiting + one.answered))


def _number(of: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((of, 1), else_=0)).cast(Integer)
