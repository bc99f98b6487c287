"""Which faces wait in each queue: unlabelled ones, and those that the live model is least sure about."""

from collections.abc import Sequence

from sqlalchemy import ColumnClause, ColumnElement, Select, and_, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session, contains_eager

from db import classes
from db.counters import COUNTED
from db.models import (
    NOT_LOCKED,
    READY,
    STANDING,
    Answer,
    Face,
    Group,
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
from labeller.queue import picks

MODES = ("label", "review")
ZERO: ColumnClause[int] = literal_column("0")
"""A literal and not a parameter: otherwise SQLite does not use the partial index `ix_face_second`."""


def waiting_by_mode(session: Session, person: Person | None = None) -> dict[str, int]:
    """How many faces wait in each queue, up to COUNTED; a person's with those that need another opinion."""
    return {mode: count_waiting(session, person, mode) for mode in MODES}


def count_waiting(session: Session, person: Person | None, mode: str) -> int:
    """How many faces wait in a queue, leased or not, counted up to COUNTED."""
    run = live_run(session)
    if mode == "review" and run is None:
        return 0
    return count_faces(session, queries(session, mode, run, person))


def count_faces(session: Session, selecting: Sequence[Select[Face]]) -> int:
    """How many faces the queries select, counted up to COUNTED."""
    count = 0
    for query in selecting:
        if count < COUNTED:
            counted = query.with_only_columns(Face.id, maintain_column_froms=True).limit(COUNTED - count)
            count += session.scalar(select(func.count()).select_from(counted.subquery())) or 0
    return count


def first_faces(session: Session, query: Select[Face], limit: int) -> list[Face]:
    """The first faces that the query selects, with their photos loaded."""
    return list(session.scalars(query.limit(limit).options(contains_eager(Face.photo))))


def queries(session: Session, mode: str, run: Run | None, person: Person | None) -> list[Select[Face]]:
    """The query for the faces to answer, then those for faces to mix in among them for this person."""
    ready = select(Face).join(Face.photo).where(READY)
    if mode == "label":
        return _label_queries(session, ready.order_by(Face.doubtful, Face.id), person)
    assert run is not None
    scored = ready.join(Score, and_(Score.run_id == run.id, Score.face_id == Face.id, Score.open))
    scored = scored.join(Group, Group.id == Photo.group_id).order_by(Score.margin, Score.face_id)
    suspect = is_suspect(run, classes.read(session))
    suspects = ready.join(Outcome, Outcome.face_id == Face.id).where(suspect)
    return [
        scored.where(Score.box_version == Face.box_version, _needs_review(run, suspect)),
        suspects.order_by(Outcome.label_probability, Outcome.face_id),
        ready.join(Pick, Pick.face_id == Face.id).where(Pick.open, picks.AGAIN).order_by(Pick.id),
    ]


def _label_queries(session: Session, ready: Select[Face], person: Person | None) -> list[Select[Face]]:
    unanswered = ready.where(Face.waiting, Face.opinions == 0, Face.hidden.is_(False))
    if person is None:
        return [unanswered]
    mine = exists().where(Answer.face_id == Face.id, Answer.person_id == person.id, STANDING)
    # Who decided on a face has answered it. In the index this passes over thousands of own ones at once.
    others = or_(Face.decided_by.is_(None), Face.decided_by != person.id)
    second_opinions = ready.where(Face.waiting, Face.opinions > ZERO, others, ~mine)
    gold = [ready.where(Face.gold, ~mine)] if _needs_gold(session, person) else []
    return [unanswered, second_opinions, *gold]


def _needs_gold(session: Session, person: Person) -> bool:
    """Whether the person is still to answer gold faces, whose label the owner vouches for."""
    if not settings().gold_faces or person.role == "owner":
        return False
    answered = select(Face.id).distinct().join(Answer, Answer.face_id == Face.id)
    answered = answered.where(Face.gold, Answer.person_id == person.id, STANDING)
    return len(session.scalars(answered.limit(settings().gold_faces)).all()) < settings().gold_faces


def _needs_review(run: Run, suspect: ColumnElement[bool]) -> ColumnElement[bool]:
    """Unanswered; or answered before this run, with "unsure" or a label that the model does not share.

    Suspected label errors are left out: they have a query of their own.
    """
    has_query = exists().where(Outcome.face_id == Face.id, suspect)
    in_doubt = or_(Face.label.is_(None), and_(Face.label != Score.label, ~has_query))
    earlier = and_(Face.decided_at < run.finished_at, Face.state != "rejected", in_doubt)
    return and_(NOT_LOCKED, or_(and_(Face.decided_at.is_(None), ~Face.hidden), earlier))
