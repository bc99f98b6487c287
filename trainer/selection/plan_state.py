"""Whether the plan of review runs low, and what there is to plan: queries that need no network."""

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Session

from db import jobs
from db.models import NOT_LOCKED, READY, Face, Group, Photo, Pick, Run, Score
from trainer.data import dataset

BATCH = 20


def runs_low(session: Session, run: Run | None) -> bool:
    """Whether fewer than a batch of planned faces wait for an answer; without a run, of typical ones."""
    planned = select(Pick.id).join(Face, Face.id == Pick.face_id).where(_of_run(run), Pick.open)
    planned = planned.where(Pick.reason != "chosen", Face.decided_at.is_(None))
    return len(session.scalars(planned.limit(BATCH)).all()) < BATCH


def can_plan(session: Session, run: Run | None) -> bool:
    """Whether there are faces to plan: with a run any, without one more than come anyway."""
    if run is not None:
        return session.scalar(choosable(run).limit(1)) is not None
    if jobs.any_open(session, Photo):
        return False  # typical faces are chosen once the detector has seen all photos
    more = unlabelled_faces().offset(BATCH).limit(1)
    return session.scalar(more) is not None


def choosable(run: Run) -> Select[int]:
    """Ids of scored faces that nobody decided on, that are not locked, and that the run has not chosen."""
    picked = select(Pick.face_id).where(Pick.run_id == run.id)
    scored = and_(Score.run_id == run.id, Score.face_id == Face.id, Score.box_version == Face.box_version)
    query = select(Face.id).join(Score, and_(scored, Score.open)).join(Photo, Photo.id == Face.photo_id)
    query = query.join(Group, Group.id == Photo.group_id)
    return query.where(*dataset.CHOOSABLE, Face.id.not_in(picked))


def likely_faces() -> Select[int]:
    """Ids of likely faces that are neither rejected nor locked."""
    query = select(Face.id).join(Photo).join(Group, Group.id == Photo.group_id)
    return query.where(READY, Face.doubtful.is_(False), NOT_LOCKED, Face.state != "rejected")


def unlabelled_faces() -> Select[int]:
    """Of these the faces without a label that have not been chosen as typical."""
    picked = select(Pick.face_id).where(Pick.run_id.is_(None))
    return likely_faces().where(Face.label.is_(None), Face.id.not_in(picked))


def _of_run(run: Run | None) -> ColumnElement[bool]:
    return Pick.run_id.is_(None) if run is None else Pick.run_id == run.id
