"""Joining photos that belong together but lie in several groups. Uploads prevent this with a lock."""

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.i18n import N_
from db.messages import message
from db.models import ClipPhoto, Face, Outcome, Photo, Run
from labeller.photos.splits import join_groups

TORN = N_(
    "%(n)s of its predictions are for people who were on both sides of the split when it was measured:"
    " its figures may be too good."
)


def join_torn_groups(session: Session) -> list[str]:
    """Join the groups of each person and of near repeats, and mark the runs measured on them.

    Returns what was torn, one line each. Does not commit.
    """
    torn = _find_torn(session)
    if torn:
        _mark_runs(session, select(Photo.group_id).where(or_(*(condition for condition, _ in torn))))
    for condition, _ in torn:
        join_groups(session, condition)
    return [line for _, line in torn]


def torn_groups(session: Session) -> list[str]:
    """What is torn, one line each."""
    return [line for _, line in _find_torn(session)]


def _find_torn(session: Session) -> list[tuple[ColumnElement[bool], str]]:
    torn: list[tuple[ColumnElement[bool], str]] = [
        (column == id, f"{what} {id}: in {count} groups of the split")
        for column, what in ((Photo.person_id, "person"), (Photo.repeat_id, "photos like photo"))
        for id, count in session.execute(_in_several_groups(column)).tuples()
    ]
    groups = func.count(Photo.group_id.distinct())
    of_clips = select(ClipPhoto.clip_id, groups).join(Photo, Photo.id == ClipPhoto.photo_id)
    for id, count in session.execute(of_clips.group_by(ClipPhoto.clip_id).having(groups > 1)).tuples():
        frames = select(ClipPhoto.photo_id).where(ClipPhoto.clip_id == id)
        torn.append((Photo.id.in_(frames), f"photos of video {id}: in {count} groups of the split"))
    return torn


def _in_several_groups(column: InstrumentedAttribute[int | None]) -> Select[int | None, int]:
    """Values of the column whose photos lie in more than one group, and in how many."""
    groups = func.count(Photo.group_id.distinct())
    query = select(column, groups).where(column.is_not(None)).group_by(column)
    return query.having(groups > 1).order_by(column)


def _mark_runs(session: Session, groups: Select[int]) -> None:
    predicted = select(Outcome.run_id, func.count()).join(Face, Face.id == Outcome.face_id).join(Photo)
    predicted = predicted.where(Photo.group_id.in_(groups)).group_by(Outcome.run_id)
    for run_id, count in session.execute(predicted).tuples():
        run = session.get_one(Run, run_id)
        if run.metrics is not None:
            warnings = [message(TORN, n=count), *run.metrics.get("warnings", [])]
            run.metrics = run.metrics | {"warnings": warnings}
