"""The thresholds of the first detector: the one that answers suggest, and moving both."""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import update
from sqlalchemy.orm import Session

from db.box_thresholds import BoxThresholds, first_detector
from db.confidence_intervals import Interval
from db.models import Event, Face, Person
from db.workbench import lock_workbench
from labeller.errors import BadAnswer
from labeller.reports.detector import EvaluatedBox
from labeller.reports.rates import even_odds


def suggested_threshold(boxes: Sequence[EvaluatedBox]) -> Interval | None:
    """The confidence from which a box of complete photos is rather a face than none; None of too few
    boxes."""
    ranked = [(one.score, one.real, one.group) for one in boxes if one.score is not None]
    if not ranked:
        return None
    scores, real, groups = zip(*ranked, strict=True)
    return even_odds(np.array(scores, float), np.array(real, bool), np.array(groups, np.int64))


def set_thresholds(session: Session, by: Person, likely: float, hidden: float) -> None:
    """Set the confidences from which a box is shown first, and below which it is hidden, and apply them.

    They are those of the first detector, and apply to its boxes that nobody has answered. Raises BadAnswer.
    """
    if not 0 <= hidden <= likely <= 1:
        hint = "Both are between 0 and 1, and what is hidden is below what is likely."
        raise BadAnswer("bad_thresholds", "These thresholds do not fit.", hint)
    row, detector = lock_workbench(session), first_detector()
    row.likely_threshold, row.hidden_threshold, row.thresholds_of = likely, hidden, detector
    detail = {"likely": likely, "hidden": hidden, "detector": detector}
    session.add(Event(kind="thresholds", person_id=by.id, detail=detail))
    _apply(session, detector, BoxThresholds(likely, hidden))


def _apply(session: Session, detector: str, thresholds: BoxThresholds) -> None:
    """Set the level of all waiting boxes of the detector in one statement."""
    waiting = update(Face).where(Face.source == detector, Face.state == "proposed", Face.decided_at.is_(None))
    levels = {"doubtful": Face.confidence < thresholds.likely, "hidden": Face.confidence < thresholds.hidden}
    session.execute(waiting.values(levels), execution_options={"synchronize_session": False})
