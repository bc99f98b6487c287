"""Which faces a person gets next: unlabelled ones, and those the live model is least sure about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import ColumnClause, ColumnElement, Select, and_, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session, contains_eager

from db import classes
from db.base import now
from db.i18n import N_
from db.models import (
    NOT_LOCKED,
    STANDING,
    Answer,
    Face,
    Group,
    Lease,
    Outcome,
    Person,
    Photo,
    Pick,
    Run,
    Score,
)
from db.settings import settings
from db.suspect_labels import is_suspect
from db.workbench import live_run
from labeller.errors import BadAnswer
from labeller.queue import leases, picks

MIXED_IN = 5
"""One in so many faces may be a second opinion or a gold face."""
ZERO: ColumnClause[int] = literal_column("0")
"""Written out, not bound: only so does SQLite see that `ix_face_second` holds the faces."""
COUNTED = 1000
"""A queue is counted up to here: nobody needs to know it better, and counting takes longer than serving."""
MODES = ("label", "review")
UNDECIDED, UNSURE = 0.3, 0.8
"""Margins below which the model is called nearly undecided, and not quite sure."""


@dataclass(frozen=True)
class Guess:
    """The live model's class, and its probability of each class as these are called now."""

    label: str
    probabilities: dict[str, float]
    margin: float
    run_id: int


@dataclass(frozen=True)
class Item:
    """A face to look at, why, and what the live model says of it (None: no model or not yet scored)."""

    face: Face
    reason: str
    text: str
    values: dict[str, str]
    """What stands in the text for its `%(name)s`."""
    guess: Guess | None
    label: str | None
    """What it is taken for so far; None where this person is to answer without knowing."""
    lease_until: datetime


@dataclass(frozen=True)
class Batch:
    items: list[Item]
    remaining: int
    """How many wait for this person, these included; COUNTED stands for that many or more."""


def next_faces(session: Session, person: Person, mode: str, limit: int) -> Batch:
    """Lease up to `limit` faces to `person`, in order. Faces leased to others are left out."""
    if mode not in MODES:
        raise BadAnswer("unknown_mode", f"There is no queue “{mode}”.", f"Use one of {', '.join(MODES)}.")
    run = live_run(session)
    if mode == "review" and run is None:
        return Batch([], 0)
    free = ~leases.held_by_others(person)
    queues = [query.where(free) for query in _queues(session, mode, run, person)]
    remaining = min(COUNTED, sum(_count(session, query.limit(COUNTED)) for query in queues))
    next_picks = picks.waiting(session, mode, run, free, limit)
    first, *others = [_first(session, query, limit + len(next_picks)) for query in queues]
    planned = dict.fromkeys([*(pick.face for pick in next_picks), *first])
    faces = list(dict.fromkeys(_mixed([list(planned), *others])))[:limit]
    held = leases.take(session, person, [face.id for face in faces], blind=mode == "label")
    items = items_for(session, mode, run, faces, held, {pick.face_id: pick for pick in next_picks})
    if mode == "review":  # the suspects stand among the others by what the live model says of them
        items.sort(key=lambda item: item.guess.margin if item.guess else 1.0)
    return Batch(items, remaining)


def items_for(
    session: Session,
    mode: str,
    run: Run | None,
    faces: Sequence[Face],
    held: dict[int, datetime],
    pick_of: Mapping[int, Pick] = MappingProxyType({}),
) -> list[Item]:
    """The faces as cards, those that are held; with the reason for which a face was picked."""
    guesses = _guesses(session, run, faces)

    def known(face: Face) -> str | None:
        return face.label if mode == "review" else None

    return [
        Item(face, *_why(face, mode, guess, pick_of.get(face.id)), guess, known(face), held[face.id])
        for face, guess in zip(faces, guesses, strict=True)
        if face.id in held
    ]


def cards(session: Session, faces: Sequence[Face], person: Person) -> list[Item]:
    """Faces as they would come in a queue, to show them again. Leases stay as they are."""
    held = select(Lease.face_id, Lease.until).where(Lease.person_id == person.id)
    held = held.where(Lease.face_id.in_([face.id for face in faces]))
    until = dict.fromkeys((face.id for face in faces), now()) | dict(session.execute(held).tuples().all())
    return items_for(session, "label", live_run(session), faces, until)


def waiting(session: Session, person: Person | None = None) -> dict[str, int]:
    """How many faces wait in each queue; for this person also where others answered already."""
    return {mode: count(session, person, mode) for mode in MODES}


def count(session: Session, person: Person | None, mode: str) -> int:
    """How many faces wait in a queue, whoever they are leased to."""
    run = live_run(session)
    if mode == "review" and run is None:
        return 0
    return sum(_count(session, query) for query in _queues(session, mode, run, person))


def _count(session: Session, query: Select[Face]) -> int:
    counted = query.with_only_columns(Face.id, maintain_column_froms=True).subquery()
    return session.scalar(select(func.count()).select_from(counted)) or 0


def _first(session: Session, query: Select[Face], limit: int) -> list[Face]:
    return list(session.scalars(query.limit(limit).options(contains_eager(Face.photo))))


def _queues(session: Session, mode: str, run: Run | None, person: Person | None) -> list[Select[Face]]:
    """First the faces to answer, then those to mix in among them for this person."""
    ready = select(Face).join(Face.photo).where(Photo.status == "ready")
    if mode == "label":
        ready = ready.order_by(Face.doubtful, Face.id)
        fresh = ready.where(Face.waiting, Face.opinions == 0, Face.hidden.is_(False))
        if person is None:
            return [fresh]
        mine = exists().where(Answer.face_id == Face.id, Answer.person_id == person.id, STANDING)
        second = ready.where(Face.waiting, Face.opinions > ZERO, ~mine)
        gold = [ready.where(Face.gold, ~mine)] if _is_to_be_tried(session, person) else []
        return [fresh, second, *gold]
    assert run is not None
    scored = ready.join(Score, and_(Score.run_id == run.id, Score.face_id == Face.id))
    scored = scored.join(Group, Group.id == Photo.group_id).order_by(Score.margin, Score.face_id)
    suspects = ready.join(Outcome, Outcome.face_id == Face.id).where(is_suspect(run))
    return [
        scored.where(Score.box_version == Face.box_version, _worth_a_second_look(run)),
        suspects.order_by(Outcome.own, Outcome.face_id),
        ready.join(Pick, Pick.face_id == Face.id).where(picks.AGAIN).order_by(Pick.id),
    ]


def _is_to_be_tried(session: Session, person: Person) -> bool:
    """Whether the person is still to answer faces of which the owner knows the label."""
    if not settings().gold_faces or person.role == "owner":
        return False
    tried = select(func.count(Face.id.distinct())).join(Answer, Answer.face_id == Face.id)
    tried = tried.where(Face.gold, Answer.person_id == person.id, STANDING)
    return (session.scalar(tried) or 0) < settings().gold_faces


def _mixed(found: list[list[Face]]) -> list[Face]:
    """The first list with the others' faces spread among it, so that nobody can tell which they are."""
    faces, *others = found
    mixed = list(faces)
    for place, face in enumerate((face for other in others for face in other), start=1):
        mixed.insert(place * MIXED_IN, face)
    return mixed


def _worth_a_second_look(run: Run) -> ColumnElement[bool]:
    """Unanswered, or answered before this model came with a doubt or against what it sees."""
    suspected = exists().where(Outcome.face_id == Face.id, is_suspect(run))
    doubted = or_(Face.label.is_(None), and_(Face.label != Score.label, ~suspected))
    earlier = and_(Face.decided_at < run.finished_at, Face.state != "rejected", doubted)
    return and_(NOT_LOCKED, or_(and_(Face.decided_at.is_(None), ~Face.hidden), earlier))


def _guesses(session: Session, run: Run | None, faces: Sequence[Face]) -> list[Guess | None]:
    """What the live model says of each face, where it saw the box as it is."""
    if run is None:
        return [None] * len(faces)
    meant = classes.read(session)
    names = [meant.current_name(name) for name in run.classes]
    versions = {face.id: face.box_version for face in faces}
    query = select(Score).where(Score.run_id == run.id, Score.face_id.in_(versions))
    scores = {one.face_id: one for one in session.scalars(query) if one.box_version == versions[one.face_id]}
    return [_guess(scores[face.id], names) if face.id in scores else None for face in faces]


def _guess(score: Score, names: list[str]) -> Guess:
    chances = dict.fromkeys(names, 0.0)
    for name, chance in zip(names, score.probabilities, strict=True):  # of merged classes: the sum
        chances[name] += chance
    return Guess(score.label, chances, score.margin, score.run_id)


def _why(face: Face, mode: str, guess: Guess | None, pick: Pick | None) -> tuple[str, str, dict[str, str]]:
    """The reason's code, and its text with the values that belong in it."""
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
    likeliest = sorted(guess.probabilities, key=lambda name: -guess.probabilities[name])
    if len(likeliest) < 2:  # all classes that the model knows were merged
        return "uncertain", N_("The model was not sure here."), {}
    return "uncertain", _certainty(guess.margin), {"first": likeliest[0], "second": likeliest[1]}


def _certainty(margin: float) -> str:
    """A margin in words, for somebody who wonders why a face comes late in the queue."""
    if margin < UNDECIDED:
        return N_("The model cannot decide between %(first)s and %(second)s.")
    if margin < UNSURE:
        return N_("The model is not quite sure: %(first)s or %(second)s.")
    return N_("The model is fairly sure: %(first)s, not %(second)s.")
