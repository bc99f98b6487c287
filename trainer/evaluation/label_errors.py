"""Labels that a model finds unlikely without having learned from them: mistakes and suspect labels."""

from dataclasses import dataclass

from sqlalchemy import Select, literal, select, tuple_
from sqlalchemy.orm import Session, contains_eager

from db import classes
from db.models import READY, Face, Outcome, Run
from db.suspect_labels import label_judged_by

WORST = 20


@dataclass(frozen=True)
class UnlikelyLabel:
    """A face, the name of the class that a run predicted, and the probability that it gave to the label."""

    face: Face
    predicted: str
    label_probability: float
    part: str


def worst_mistakes(session: Session, run: Run, limit: int = WORST) -> list[UnlikelyLabel]:
    """Wrong predictions, most confident first, among the faces that the run's metrics are about."""
    part = "locked" if (run.metrics or {}).get("locked") else "fold"
    # Another class was at least as probable: the index ends the search where there are few mistakes.
    query = _by_label_probability().where(Outcome.run_id == run.id, Outcome.label_probability < 0.51)
    return _read(session, query.where(Outcome.part == part, Outcome.label != Outcome.truth).limit(limit))


def suspect_labels(session: Session, run: Run, limit: int, after: int = 0) -> list[UnlikelyLabel]:
    """Labelled faces from the most to the least suspect label, without those decided since the run.

    With `after` those that follow the face of that id. The predictions are out of fold; those of locked faces
    are by the run's model, which never learned from them.
    """
    query = _by_label_probability().where(label_judged_by(run, classes.read(session)))
    if after:
        of_last = select(Outcome.label_probability).where(Outcome.run_id == run.id, Outcome.face_id == after)
        last = session.scalar(of_last)
        if last is None:
            return []  # the face is gone, and with it where its page ended
        follows = tuple_(Outcome.label_probability, Outcome.face_id) > tuple_(literal(last), literal(after))
        query = query.where(follows)
    return _read(session, query.limit(limit))


def _by_label_probability() -> Select[Face, Outcome]:
    query = select(Face, Outcome).join(Outcome, Outcome.face_id == Face.id).join(Face.photo)
    query = query.where(Face.state == "confirmed", READY)
    return query.order_by(Outcome.label_probability, Outcome.face_id).options(contains_eager(Face.photo))


def _read(session: Session, query: Select[Face, Outcome]) -> list[UnlikelyLabel]:
    names = classes.read(session).shown_as
    return [
        UnlikelyLabel(face, names[outcome.label], outcome.label_probability, outcome.part)
        for face, outcome in session.execute(query)
    ]
