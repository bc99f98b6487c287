"""Which faces a person gets next: unlabelled ones, and those the live model is least sure about."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, contains_eager

from db.base import now
from db.faces import insert_for_faces
from db.live import live_run
from db.models import Face, Group, Lease, Person, Photo, Run, Score
from labeller.errors import BadAnswer

LEASE = timedelta(minutes=10)
MODES = ("label", "review")
UNDECIDED, UNSURE = 0.3, 0.8
"""Margins below which the model is called nearly undecided, and not quite sure."""


@dataclass(frozen=True)
class Item:
    """A face to look at, why, and what the live model says of it (None: no model or not yet scored)."""

    face: Face
    reason: str
    text: str
    score: Score | None
    lease_until: datetime
    classes: list[str]
    """Names of the score's probabilities, in their order."""


@dataclass(frozen=True)
class Batch:
    items: list[Item]
    remaining: int


def next_faces(session: Session, person: Person, mode: str, limit: int) -> Batch:
    """Lease up to `limit` faces to `person`, in order. Faces leased to others are left out."""
    if mode not in MODES:
        raise BadAnswer("unknown_mode", f"There is no queue “{mode}”.", f"Use one of {', '.join(MODES)}.")
    run = live_run(session)
    if mode == "review" and run is None:
        return Batch([], 0)
    candidates = _waiting(mode, run, person)
    remaining = _count(session, candidates)
    ordered = candidates.order_by(*_order(mode)).limit(limit)
    faces = list(session.scalars(ordered.options(contains_eager(Face.photo))))
    held = _lease(session, person, [face.id for face in faces])
    scores = _scores(session, run, faces)
    items = [
        Item(face, *_why(face, mode, scores.get(face.id)), scores.get(face.id), held[face.id], _classes(run))
        for face in faces
        if face.id in held
    ]
    return Batch(items, remaining)


def card(session: Session, face: Face, person: Person) -> Item:
    """One face as it would come in a queue, to show it again after an undo. Leases stay as they are."""
    run = live_run(session)
    score = _scores(session, run, [face]).get(face.id)
    lease = session.get(Lease, face.id)
    until = lease.until if lease and lease.person_id == person.id else now()
    return Item(face, *_why(face, "label", score), score, until, _classes(run))


def waiting(session: Session) -> dict[str, int]:
    """How many faces wait in each queue."""
    return {mode: count(session, mode) for mode in MODES}


def count(session: Session, mode: str) -> int:
    """How many faces wait in a queue, whoever they are leased to."""
    run = live_run(session)
    if mode == "review" and run is None:
        return 0
    return _count(session, _waiting(mode, run, None))


def _count(session: Session, query: Select[Face]) -> int:
    return session.scalar(query.with_only_columns(func.count(), maintain_column_froms=True)) or 0


def _waiting(mode: str, run: Run | None, person: Person | None) -> Select[Face]:
    query = select(Face).join(Face.photo).where(Photo.status == "ready")
    if mode == "label":
        query = query.where(Face.decided_at.is_(None))
    else:
        assert run is not None
        query = query.join(Score, and_(Score.run_id == run.id, Score.face_id == Face.id))
        query = query.join(Group, Group.id == Photo.group_id)
        query = query.where(Score.box_version == Face.box_version, _worth_a_second_look(run))
    if person is not None:
        others = exists().where(Lease.face_id == Face.id, Lease.person_id != person.id, Lease.until > now())
        query = query.where(~others)
    return query


def _worth_a_second_look(run: Run) -> ColumnElement[bool]:
    """Unanswered, or answered before this model came with a doubt or against what it sees.

    Locked faces are left out: what is measured on them must not have been chosen by a model.
    """
    doubted = or_(Face.label.is_(None), Face.label != Score.label)
    earlier = and_(Face.decided_at < run.finished_at, Face.state != "rejected", doubted)
    return and_(Group.split != "locked", or_(Face.decided_at.is_(None), earlier))


def _order(mode: str) -> tuple[Any, ...]:
    return (Face.doubtful, Face.id) if mode == "label" else (Score.margin, Face.id)


def _lease(session: Session, person: Person, face_ids: list[int]) -> dict[int, datetime]:
    """Take the faces that nobody else holds; returns until when each is held."""
    seen, until = now(), now() + LEASE
    rows = [{"face_id": id, "person_id": person.id, "seen_at": seen, "until": until} for id in face_ids]
    insert_for_faces(session, Lease, rows)
    free = or_(Lease.person_id == person.id, Lease.until < seen)
    take = update(Lease).where(Lease.face_id.in_(face_ids), free)
    session.execute(take.values(person_id=person.id, seen_at=seen, until=until))
    mine = select(Lease.face_id, Lease.until).where(Lease.face_id.in_(face_ids), Lease.person_id == person.id)
    return {row.face_id: row.until for row in session.execute(mine)}


def _scores(session: Session, run: Run | None, faces: list[Face]) -> dict[int, Score]:
    if run is None:
        return {}
    versions = {face.id: face.box_version for face in faces}
    query = select(Score).where(Score.run_id == run.id, Score.face_id.in_(versions))
    return {one.face_id: one for one in session.scalars(query) if one.box_version == versions[one.face_id]}


def _classes(run: Run | None) -> list[str]:
    return list(run.classes) if run else []


def _why(face: Face, mode: str, score: Score | None) -> tuple[str, str]:
    if mode == "label" and face.doubtful:
        return "box", "The detector is not sure that this is a face."
    if mode == "label" or score is None:
        return "typical", "Nobody has looked at this face yet."
    if face.label is not None:
        return "suspect", f"Labelled “{face.label}”, but the model sees something else."
    if face.decided_at is not None:
        return "disagreement", "Somebody was not sure about this face."
    return "uncertain", f"The model is {_certainty(score.margin)} here (margin {score.margin:.2f})."


def _certainty(margin: float) -> str:
    """A margin in words, for somebody who wonders why a face comes late in the queue."""
    return (
        "nearly undecided" if margin < UNDECIDED else "not quite sure" if margin < UNSURE else "fairly sure"
    )
