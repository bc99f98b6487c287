"""An answer as a client sends it, checked against the classes and against what others answered meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from db.base import now
from db.classes import Classes
from db.models import Answer, Face, Lease, Person
from labeller.errors import AnsweredMeanwhile, BadAnswer, unknown_class
from labeller.photos.box import Box

KINDS = ("label", "reject", "adjust", "unsure", "draw", "undo", "redo")


@dataclass(frozen=True)
class AnswerInput:
    """An answer as it arrives; `box` is (x, y, w, h) in pixels of the photo."""

    client_key: str
    kind: str
    face_id: int | None = None
    label: str | None = None
    box: Box | None = None
    seconds: float | None = None
    seen_at: datetime | None = None
    """When the face was shown with the others' answers; if None, the lease tells."""
    photo_id: int | None = None
    """For a drawn face, which has no id yet."""
    drawn_key: str | None = None
    """Instead of `face_id`: the client_key with which the face was drawn."""


def bounded(answer: AnswerInput) -> AnswerInput:
    """The answer as if its face was shown no later than now, whatever its client says.

    To be called before waiting for locks: nobody has seen what others answer in the meantime.
    """
    if answer.seen_at is None:
        return answer
    return replace(answer, seen_at=min(answer.seen_at, now()))


def check_answer(answer: AnswerInput, classes: Classes) -> AnswerInput:
    """The answer with the current name of its class. Raises BadAnswer."""
    kind = answer.kind
    if kind not in KINDS:
        raise BadAnswer("unknown_kind", f"There is no answer “{kind}”.", f"Use one of {', '.join(KINDS)}.")
    if kind == "label" and not answer.label:
        raise BadAnswer("label_missing", "A label answer needs a label.")
    if kind in ("adjust", "draw") and not answer.box:
        raise BadAnswer("box_missing", f"An answer “{kind}” needs a box.", "Send box: [x, y, w, h].")
    if answer.label is None:
        return answer
    if (label := classes.find(answer.label)) is None:
        raise unknown_class(answer.label, classes.names)
    return replace(answer, label=label)


def is_informed(
    session: Session, answer: AnswerInput, person: Person, face: Face, past: Sequence[Answer]
) -> bool:
    """Whether the person had been shown the others' answers. `past`: the face's standing answers.

    Raises AnsweredMeanwhile if somebody else answered after the face was shown.
    """
    others = [one for one in past if one.person_id != person.id and (one.kind != "draw" or one.label)]
    if not others:
        return False
    seen_at, blind = answer.seen_at, False
    lease = session.get(Lease, face.id, populate_existing=True)
    if seen_at is None and lease is not None and lease.person_id == person.id:
        seen_at, blind = lease.seen_at, lease.blind
    # Served at the same moment as another person's answer arrived: nobody asked for one more opinion.
    is_surplus = blind and face.opinions >= face.opinions_wanted and not face.gold
    if seen_at is None or seen_at < others[-1].created_at or is_surplus:
        who = session.get(Person, others[-1].person_id) if others[-1].person_id else None
        raise AnsweredMeanwhile(others[-1], who.name if who else "Somebody else")
    return not blind
