"""Which detected boxes count as faces: one rule for detection, predictions, pages and report."""

from dataclasses import dataclass
from enum import IntEnum

from sqlalchemy.orm import Session

from db.models import Face, Workbench
from db.settings import settings


@dataclass(frozen=True)
class BoxThresholds:
    """Confidences from which a box is likely a face, and below which it is hidden, if the detector decides.

    From `alone` on, a box that only this detector has is offered faintly if another one decides.
    """

    likely: float
    hidden: float
    alone: float = 0.95


class BoxLevel(IntEnum):
    """How a box that nobody has answered is shown: first, after all others, or only in a sample."""

    HIDDEN = 0
    UNLIKELY = 1
    LIKELY = 2

    @property
    def columns(self) -> dict[str, bool]:
        """The columns of a face that store the level."""
        return {"doubtful": self < BoxLevel.LIKELY, "hidden": self is BoxLevel.HIDDEN}


IMPORTED = "import"
"""The source of boxes that came with a dataset as proposals, of a model that is not known here."""
MEASURED = {
    IMPORTED: BoxThresholds(likely=0.5, hidden=0.2, alone=0.5),
    "centerface": BoxThresholds(likely=0.4, hidden=0.2, alone=0.4),
    "mtcnn": BoxThresholds(likely=0.8, hidden=0.4, alone=0.95),
    "yunet": BoxThresholds(likely=0.6, hidden=0.3, alone=0.6),
}
"""By detector; those of imported boxes are not measured. CenterFace on 250 street scenes: of its likely
boxes of 24 px and more 96 % are faces, of those between the thresholds one in six, of those below one in
thirty (benchmarks/detectors.py). Of the boxes that MTCNN alone has, one in three is a face from 0.95 on, one
in six from 0.8 on, and hardly one of 16 px. YuNet on the same scenes: 95 % of its likely boxes, one in four
of those between the thresholds."""
OTHERS = BoxThresholds(likely=0.5, hidden=0.2)
"""For a detector that nobody has measured."""


def first_detector() -> str:
    """The name of the detector that decides."""
    return settings().detectors[0]


def other_detectors() -> tuple[str, ...]:
    """The detectors after the first, which confirm what it finds."""
    return settings().detectors[1:]


def default_thresholds(detector: str) -> BoxThresholds:
    """The thresholds on a detector's confidence, unless the owner chose others for the first one."""
    return MEASURED.get(detector, OTHERS)


def box_thresholds(session: Session) -> BoxThresholds:
    """The thresholds on the confidence of the first detector: the owner's or the default."""
    row, default = session.get(Workbench, 1), default_thresholds(first_detector())
    if row is None or row.thresholds_of != first_detector():
        return default
    likely, hidden = row.likely_threshold, row.hidden_threshold
    return BoxThresholds(
        default.likely if likely is None else likely,
        default.hidden if hidden is None else hidden,
        default.alone,
    )


def box_level(confidence: float, thresholds: BoxThresholds) -> BoxLevel:
    """The level of a box of the first detector."""
    return BoxLevel(int(confidence >= thresholds.hidden) + int(confidence >= thresholds.likely))


def stored_level(face: Face) -> BoxLevel:
    """The level with which the face was last stored."""
    return BoxLevel.HIDDEN if face.hidden else BoxLevel.UNLIKELY if face.doubtful else BoxLevel.LIKELY
