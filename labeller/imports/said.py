"""What a dataset says of one box of a photo."""

from dataclasses import dataclass

from db.models import Face
from labeller.formats.records import FaceRecord
from labeller.photos.box import Box

Opinion = tuple[str, str | None]
"""(`label`, class) or (`reject`, None)."""


@dataclass(frozen=True)
class Said:
    """The box in pixels of the photo, and its record."""

    box: Box
    record: FaceRecord

    @property
    def opinion(self) -> Opinion | None:
        """None for a box that nobody named."""
        if self.record.state == "rejected":
            return "reject", None
        is_named = self.record.state == "confirmed" and self.record.label is not None
        return ("label", self.record.label) if is_named else None

    @property
    def is_proposal(self) -> bool:
        """Whether a detector, or a model that is not known here, proposes it; else a person drew it."""
        return self.record.state == "proposed" and self.record.source != "human"


def opinion_here(face: Face) -> Opinion | None:
    """What the face counts as here; None while nobody has decided."""
    if face.state == "confirmed":
        return "label", face.label
    return ("reject", None) if face.state == "rejected" else None


def in_words(opinion: Opinion) -> str:
    return "no face" if opinion[0] == "reject" else f"“{opinion[1]}”"
