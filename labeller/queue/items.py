"""What a person is shown of a face: why it comes, and what the live model guesses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import classes
from db.base import now
from db.i18n import N_
from db.messages import in_words
from db.models import Face, Lease, Person, Pick, Run, Score
from db.workbench import live_run
from labeller.queue import picks

UNDECIDED, UNSURE = 0.3, 0.8
"""Margins below which the model is called nearly undecided, and not quite sure."""
_NO_PICKS: Mapping[int, Pick] = MappingProxyType({})


@dataclass(frozen=True)
class Setting:
    """The queue in which faces are shown, and the live run."""

    mode: str
    run: Run | None


@dataclass(frozen=True)
class Guess:
    """The live model's class, and its probability of each class under their current names."""

    label: str
    probabilities: dict[str, float]
    margin: float
    run_id: int


@dataclass(frozen=True)
class Item:
    """A face to answer, and why it comes.

    `values` fill the placeholders of `text`. `guess` is None without a live model or a fresh score. `label`
    is the face's label so far; None if the person is to answer without knowing it.
    """

    face: Face
    reason: str
    text: str
    values: dict[str, Any]
    guess: Guess | None
    label: str | None
    lease_until: datetime


def items_for(
    session: Session,
    setting: Setting,
    faces: Sequence[Face],
    held: dict[int, datetime],
    pick_of: Mapping[int, Pick] = _NO_PICKS,
) -> list[Item]:
    """Items for those of the faces that are `held` (until when, by face id); `pick_of`: their picks."""
    items = []
    for face, guess in zip(faces, _guesses(session, setting.run, faces), strict=True):
        if face.id in held:
            reason, text, values = _why(face, setting.mode, guess, pick_of.get(face.id))
            label = face.label if setting.mode == "review" else None
            values = in_words(session, values)
            items.append(Item(face, reason, text, values, guess, label, held[face.id]))
    return items


def items_again(session: Session, faces: Sequence[Face], person: Person) -> list[Item]:
    """Items for faces that the person has answered before. Leases stay as they are."""
    leased = select(Lease.face_id, Lease.until).where(Lease.person_id == person.id)
    leased = leased.where(Lease.face_id.in_([face.id for face in faces]))
    until = dict.fromkeys((face.id for face in faces), now()) | dict(session.execute(leased).tuples().all())
    return items_for(session, Setting("label", live_run(session)), faces, until)


def _guesses(session: Session, run: Run | None, faces: Sequence[Face]) -> list[Guess | None]:
    """The live model's guess for each face; None where it has not scored the current box."""
    if run is None:
        return [None] * len(faces)
    current = classes.read(session)
    versions = {face.id: face.box_version for face in faces}
    query = select(Score).where(Score.run_id == run.id, Score.face_id.in_(versions))
    scores = {one.face_id: one for one in session.scalars(query) if one.box_version == versions[one.face_id]}
    return [
        Guess(one.label, current.by_name(run.classes, one.probabilities), one.margin, one.run_id)
        if (one := scores.get(face.id))
        else None
        for face in faces
    ]


def _why(face: Face, mode: str, guess: Guess | None, pick: Pick | None) -> tuple[str, str, dict[str, Any]]:
    """The code of the reason, its text, and the values of the text's placeholders."""
    if pick is not None and (pick.reason != "uncertain" or guess is None):
        return picks.why(pick)
    if mode == "label" and face.doubtful:
        return "box", N_("The detector is not sure that this is a face."), {}
    if mode == "review" and face.label is not None:
        text = N_("Labelled “%(label)s”, but the model sees something else.")
        return "suspect", text, {"label": face.label}
    if mode == "label" or guess is None:
        return "typical", N_("It waits for an answer."), {}
    if face.decided_at is not None:
        return "disagreement", N_("Somebody was not sure about this face."), {}
    ranked = sorted(guess.probabilities, key=lambda name: -guess.probabilities[name])
    if len(ranked) < 2:  # all classes that the model knows were merged
        return "uncertain", N_("The model was not sure here."), {}
    return "uncertain", _certainty(guess.margin), {"first": ranked[0], "second": ranked[1]}


def _certainty(margin: float) -> str:
    """The text for a margin, which tells why a face comes early or late in the queue."""
    if margin < UNDECIDED:
        return N_("The model cannot decide between %(first)s and %(second)s.")
    if margin < UNSURE:
        return N_("The model is not quite sure: %(first)s or %(second)s.")
    return N_("The model is fairly sure: %(first)s, not %(second)s.")
