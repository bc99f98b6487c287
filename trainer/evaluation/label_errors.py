"""Labels doubted by a model that never saw them: the worst mistakes of a run, and suspected errors."""

from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, contains_eager

from db.models import Face, Outcome, Photo, Run

WORST = 20


@dataclass(frozen=True)
class Mistake:
    """A face, and what the run said of it; `own` is its probability of the label that people gave."""

    face: Face
    said: str
    own: float
    part: str


def worst(session: Session, run: Run, limit: int = WORST) -> list[Mistake]:
    """The surest wrong answers first, among the faces the figures are about."""
    part = "locked" if (run.metrics or {}).get("locked") else "fold"
    query = _doubted(run).where(Outcome.part == part, Outcome.label != Outcome.truth)
    return _found(session, query.limit(limit))


def suspects(session: Session, run: Run, limit: int) -> list[Mistake]:
    """All labelled faces from the most to the least doubtful label, those decided since left out.

    Confident learning's self-confidence (Northcutt et al. 2021): out of fold, or of the locked faces by the
    model itself, which never learned from them.
    """
    query = _doubted(run).where(Face.label == Outcome.truth)
    if run.started_at is not None:
        query = query.where((Face.decided_at.is_(None)) | (Face.decided_at <= run.started_at))
    return _found(session, query.limit(limit))


def _doubted(run: Run) -> Select[Face, Outcome]:
    query = select(Face, Outcome).join(Outcome, Outcome.face_id == Face.id).join(Face.photo)
    query = query.where(Outcome.run_id == run.id, Face.state == "confirmed", Photo.status == "ready")
    return query.order_by(Outcome.own, Outcome.face_id).options(contains_eager(Face.photo))


def _found(session: Session, query: Select[Face, Outcome]) -> list[Mistake]:
    rows = session.execute(query).all()
    return [Mistake(face, outcome.label, outcome.own, outcome.part) for face, outcome in rows]
