"""The errors of this package."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db.errors import BadInput, Conflict, Forbidden, NotFound, TooLarge, TooMany
from db.models import Answer

ACCEPTED = "JPEG, PNG, WebP, HEIC or AVIF"


class BadPhoto(BadInput):
    """The bytes are not a photo that can be used."""


class PhotoTooLarge(TooLarge, BadPhoto):
    """The photo has too many bytes or pixels."""


class QuotaReached(TooLarge):
    """The person keeps as much here as one person may."""


class TooManyOpen(TooMany):
    """The person has begun more uploads than one person may have under way."""


class BadDataset(BadInput):
    """Nothing of a dataset can be used: the message names the file and the place in it."""


class ImportTooLarge(TooLarge, BadDataset):
    """The archive has more bytes than one may send."""


class Damaged(Conflict):
    """The parts of an upload do not make up the announced photo; sending it again helps."""


class BadAnswer(BadInput):
    """The answer does not fit the face or the classes."""


class AmbiguousName(BadInput):
    """A label file names a picture, and several have that name."""

    def __init__(self, name: str, candidates: Sequence[str]) -> None:
        message = f"“{name}” may be {' or '.join(candidates)}."
        super().__init__("ambiguous_name", message, "Give the path of the picture in the label file.")
        self.candidates = tuple(candidates)


class BadExport(BadInput):
    """What was asked for cannot be exported."""


class BadAssignment(BadInput):
    """These faces cannot be assigned to this person."""


class BadComment(BadInput):
    """The text is no note, or not at this place."""


class NotYours(Forbidden):
    """Somebody else wrote it."""


class AnsweredMeanwhile(Conflict):
    """Somebody else answered the face after it was shown to this person."""

    def __init__(self, theirs: Answer, who: str) -> None:
        answer = theirs.label or theirs.kind
        hint = "Your answer was not applied. Look at theirs, and answer after all if you see it otherwise."
        super().__init__("answered_meanwhile", f"{who} answered “{answer}” meanwhile.", hint)
        answered = {"who": who, "kind": theirs.kind, "label": theirs.label}
        self.detail = {"answered": answered | {"at": theirs.created_at.isoformat()}}


@dataclass(frozen=True)
class Candidate:
    """One of several people whom a name may mean."""

    id: int
    name: str
    role: str
    since: datetime


class AmbiguousPerson(Conflict):
    """Several people are called so. Only for those who may see everybody's name."""

    def __init__(self, name: str, candidates: Sequence[Candidate]) -> None:
        choices = "; ".join(
            f"{one.name} #{one.id} ({one.role}, since {one.since:%d %B %Y})" for one in candidates
        )
        super().__init__("ambiguous_person", f"Several people are called “{name}”.", f"Say which: {choices}.")
        rows = [
            {"id": one.id, "name": one.name, "role": one.role, "since": one.since.isoformat()}
            for one in candidates
        ]
        self.detail = {"candidates": rows}


class NoFeatures(Conflict):
    """There are no features yet of the face, or of any, by which others could be compared with it."""

    CODE = "no_features_yet"


class NotFailed(Conflict):
    """The photo has not failed, so that nothing can be tried again."""


class CannotTurn(Conflict):
    """The photo has answers, whose boxes a turn would displace."""


class BoxesLeft(Conflict):
    """Boxes that nobody has answered are left on a photo that is to be complete."""

    def __init__(self, count: int) -> None:
        hint = "Answer them, or say that none of them is a face (reject_left=true)."
        super().__init__("boxes_left", f"Unanswered boxes are left on this photo: {count}.", hint)
        self.detail = {"left": count}


class NothingToUndo(Conflict):
    """The person has no answer left to take back there."""


class NotInvited(Forbidden):
    """The link is unknown, used up or expired."""


def unknown_class(label: str, classes: Sequence[str]) -> BadAnswer:
    """The error for a label that is not a class of this workbench."""
    hint = f"The classes are {', '.join(classes)}. The owner can add one under Classes."
    return BadAnswer("unknown_class", f"There is no class “{label}”.", hint)


__all__ = [
    "ACCEPTED",
    "AmbiguousName",
    "AmbiguousPerson",
    "AnsweredMeanwhile",
    "BadAnswer",
    "BadAssignment",
    "BadDataset",
    "BadExport",
    "BadPhoto",
    "BoxesLeft",
    "Candidate",
    "Damaged",
    "ImportTooLarge",
    "NoFeatures",
    "NotFailed",
    "NotFound",
    "NotInvited",
    "NotYours",
    "NothingToUndo",
    "PhotoTooLarge",
    "QuotaReached",
    "TooManyOpen",
    "unknown_class",
]
