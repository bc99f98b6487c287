"""What the train worker is needed for besides runs, found without loading a network."""

import time
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from db import full_looks, jobs, queue
from db.base import now
from db.models import READY, Answer, Artifact, Face, Photo, Run, Score
from db.workbench import last_answered_at, live_run
from trainer.selection.plan_state import can_plan, runs_low

LABELLING_WITHIN = timedelta(minutes=1)
"""Somebody is labelling if the newest answer is not older: a retrain may follow."""
LOOKED_AT = 1000
"""Newest faces, and newest answers, that every look for faces to score includes."""
WARM_EVERY = 60.0
"""Seconds between two messages that keep the train worker warm."""
_warmed_at = 0.0
_forms_asked_for: set[int] = set()
_planned_for: tuple[int | None, int | None, int | None] | None = None
"""What there was when planning was last enqueued: if nothing has changed since, nothing comes of it again."""


def score_if_needed(session: Session) -> None:
    """Enqueue scoring and planning if there is anything to score or to plan, and no such work is queued."""
    run = live_run(session)
    is_needed = (run is not None and _any_unscored(session, run)) or _may_plan(session, run)
    if is_needed and not jobs.waiting_messages(queue.QUEUES[queue.SCORE_NEW_FACES]):
        queue.enqueue(session, queue.SCORE_NEW_FACES)
    session.commit()


def _any_unscored(session: Session, run: Run) -> bool:
    """Whether the run has a face to score: now and then of all, in between of the newest, new or answered."""
    look = "unscored", run.id
    if full_looks.is_due(session, look):
        is_any = session.scalar(unscored(run).limit(1)) is not None
        if not is_any:
            full_looks.found_nothing(session, look)
        return is_any
    newest = select(Face.id).order_by(Face.id.desc()).limit(LOOKED_AT)
    answered = select(Answer.face_id).order_by(Answer.id.desc()).limit(LOOKED_AT)
    ids = [*session.scalars(newest), *session.scalars(answered)]
    return session.scalar(unscored(run).where(Face.id.in_(ids)).limit(1)) is not None


def _may_plan(session: Session, run: Run | None) -> bool:
    global _planned_for
    newest = session.scalar(select(func.max(Face.id))), session.scalar(select(func.max(Answer.id)))
    state = (run.id if run else None, *newest)
    if state == _planned_for or not (runs_low(session, run) and can_plan(session, run)):
        return False
    _planned_for = state
    return True


def keep_warm(session: Session) -> None:
    """While somebody labels, have the train worker load what a run needs, so that nobody waits for it."""
    global _warmed_at
    newest = last_answered_at(session)
    is_labelling = newest is not None and now() - newest < LABELLING_WITHIN
    if is_labelling and time.monotonic() - _warmed_at > WARM_EVERY:
        _warmed_at = time.monotonic()
        queue.enqueue(session, queue.WARM_UP)
    session.commit()


def add_missing_forms(session: Session) -> None:
    """Enqueue the making of forms that models of earlier versions lack: once for each, as it may fail."""
    for run_id in runs_without_forms(session):
        if run_id not in _forms_asked_for:
            _forms_asked_for.add(run_id)
            queue.enqueue(session, queue.ADD_FORMS, run_id)
    session.commit()


def runs_without_forms(session: Session) -> list[int]:
    """Ids of the runs that have a model, but not all its forms; the newest first."""
    complete = select(Artifact.run_id).where(Artifact.form == "onnx16")
    incomplete = select(Artifact.run_id).where(Artifact.form == "onnx", Artifact.run_id.not_in(complete))
    return list(session.scalars(incomplete.order_by(Artifact.run_id.desc())))


def faces_to_score() -> Select[Any]:
    """Faces that are not rejected and whose photo is ready."""
    return select(Face).join(Photo).where(READY, Face.state != "rejected")


def unscored(run: Run) -> Select[int]:
    """Ids of the faces that the run has not scored with their present box."""
    scored = and_(Score.run_id == run.id, Score.face_id == Face.id, Score.box_version == Face.box_version)
    query = faces_to_score().with_only_columns(Face.id).outerjoin(Score, scored)
    return query.where(Score.face_id.is_(None))
