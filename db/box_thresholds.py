"""Which detected boxes count as faces: one rule for detection, predictions, box head and report."""

from dataclasses import dataclass
from enum import IntEnum

from sqlalchemy.orm import Session

from db.models import Face, Workbench


@dataclass(frozen=True)
class BoxThresholds:
    """Values from which a box is likely a face, and below which it is hidden."""

    likely: float
    hidden: float


class BoxLevel(IntEnum):
    """How a box that nobody has answered is shown: first, after all others, or only in a sample."""

    HIDDEN = 0
    UNLIKELY = 1
    LIKELY = 2

    @property
    def columns(self) -> dict[str, bool]:
        """The columns of a face that store the level."""
        return {"doubtful": self < BoxLevel.LIKELY, "hidden": self is BoxLevel.HIDDEN}


CONFIDENCE = BoxThresholds(likely=0.8, hidden=0.4)
"""Thresholds on the detector's confidence."""
DEFAULT = BoxThresholds(likely=0.5, hidden=0.05)
"""Thresholds on the box head's probability, unless the owner chose others: of the hidden boxes at most one
in twenty is a face."""


def box_thresholds(session: Session) -> BoxThresholds:
    """The owner's thresholds on the box head's probability."""
    row = session.get(Workbench, 1)
    likely, hidden = (row.likely_threshold, row.hidden_threshold) if row else (None, None)
    return BoxThresholds(
        DEFAULT.likely if likely is None else likely, DEFAULT.hidden if hidden is None else hidden
    )


def box_level(confidence: float, probability: float | None, thresholds: BoxThresholds) -> BoxLevel:
    """The level of a detected box.

    The box head's probability decides by the owner's thresholds. Without one (the head has not learned yet,
    or the photo is not kept) the detector's confidence decides by CONFIDENCE.
    """
    value, limits = (confidence, CONFIDENCE) if probability is None else (probability, thresholds)
    return BoxLevel(int(value >= limits.hidden) + int(value >= limits.likely))


def stored_level(face: Face) -> BoxLevel:
    """The level with which the face was last stored."""
    return BoxLevel.HIDDEN if face.hidden else BoxLevel.UNLIKELY if face.doubtful else BoxLevel.LIKELY
