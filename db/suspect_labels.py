"""Labels that look wrong: judged unlikely by a model that had not learned from the face."""

from sqlalchemy import ColumnElement, and_, or_

from db.classes import Classes
from db.models import Face, Outcome, Run

SUSPECT_BELOW = 0.5
"""Probability of its own label below which a labelled face is asked about again."""


def label_judged_by(run: Run, current: Classes) -> ColumnElement[bool]:
    """For `Face` joined with `Outcome`: the run judged the label that the face still has.

    Nobody has decided on the face since the run began. Ordered by `Outcome.label_probability`, such outcomes
    list the most suspect labels first (self-confidence of confident learning, Northcutt et al. 2021).
    """
    undecided_since = or_(Face.decided_at.is_(None), Face.decided_at <= (run.started_at or run.created_at))
    # One pair a class, not a CASE over the ids: PostgreSQL would expect so few faces to match that one that
    # it would read and sort them all, instead of following the index on the probability.
    pairs = (and_(Outcome.truth == number, Face.label == name) for number, name in current.shown_as.items())
    same_label = or_(*pairs)
    return and_(Outcome.run_id == run.id, same_label, undecided_since)


def is_suspect(run: Run, current: Classes) -> ColumnElement[bool]:
    """For `Face` joined with `Outcome`: the label is unlikely to a fold of the run that had not learned it.

    The run's own score cannot tell: it has learned the wrong label, too. Locked faces are never asked about.
    """
    return and_(
        label_judged_by(run, current), Outcome.part == "fold", Outcome.label_probability < SUSPECT_BELOW
    )
