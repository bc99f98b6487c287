"""Consistency checks of the database and its files: files, models, scores, leases, split."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from db import signing
from db.base import now
from db.models import SHOWN, Artifact, Group, Photo, Run, Score, Workbench
from db.storage import blobs

OVERDUE = timedelta(seconds=60)
"""A lease that expired longer ago should have been released by the sweep."""
FORMS = ("keras", "tflite", "onnx", "labels", "card")


def problems(session: Session) -> Iterator[str]:
    """One line of text for each problem."""
    yield from _engine(session)
    yield from _pictures(session)
    for run in session.scalars(select(Run).order_by(Run.id)):
        yield from _run(session, run)
    yield from _live(session)
    yield from _jobs(session)
    for id in straddling(session):
        yield f"photos like photo {id} lie on both sides of the split"


def _engine(session: Session) -> Iterator[str]:
    if session.get_bind().dialect.name != "sqlite":
        return
    for row in session.execute(text("PRAGMA integrity_check")):
        if row[0] != "ok":
            yield f"database: {row[0]}"
    for row in session.execute(text("PRAGMA foreign_key_check")):
        yield f"database: a row of {row[0]} names one of {row[2]} that is not there"


def _pictures(session: Session) -> Iterator[str]:
    for id, *keys in session.execute(select(Photo.id, Photo.blob, Photo.view_blob).where(SHOWN)):
        for key in keys:
            if problem := _blob(key):
                yield f"photo {id}: {problem}"


def _blob(key: str) -> str | None:
    try:
        data = blobs().get(key)
    except FileNotFoundError:
        return f"its file {key[:16]} is gone"
    return None if hashlib.sha256(data).hexdigest() == key else f"its file {key[:16]} has changed"


def _run(session: Session, run: Run) -> Iterator[str]:
    if run.status != "done" or run.retired_at is not None:
        return
    if run.head is None:
        yield f"run {run.id}: it is done, and has no model"
    if run.manifest is None or _blob(run.manifest):
        yield f"run {run.id}: its manifest is gone or has changed"
    artifacts = {one.form: one for one in session.scalars(select(Artifact).where(Artifact.run_id == run.id))}
    for form in FORMS:
        if form not in artifacts:
            yield f"run {run.id}: it has no {form} file"
    for artifact in artifacts.values():
        try:
            signing.read(artifact)
        except signing.Tampered as error:
            yield f"run {run.id}: {error}"


def _live(session: Session) -> Iterator[str]:
    workbench = session.scalar(select(Workbench))
    kept = [] if workbench is None else workbench.runs_with_scores
    for id in kept:
        run = session.get_one(Run, id)
        if run.status != "done" or run.head is None:
            yield f"run {id} is or was live, and has no model"
    running = select(Run.id).where(Run.status == "running")
    old = select(Score.run_id, func.count()).where(Score.run_id.not_in(kept), Score.run_id.not_in(running))
    for run_id, count in session.execute(old.group_by(Score.run_id)):
        yield f"run {run_id}: {count} scores are left, and it is not live"


def _jobs(session: Session) -> Iterator[str]:
    for model in (Photo, Run):
        late = select(model.id).where(model.status == "running", model.lease_until < now() - OVERDUE)
        for id in session.scalars(late):
            yield f"{model.__tablename__} {id}: its worker is gone, and nobody took it back"


def straddling(session: Session) -> list[int]:
    """The first photo of each set of near duplicates on both sides of the split; there should be none."""
    spread = (
        select(Photo.repeat_id)
        .join(Group, Group.id == Photo.group_id)
        .where(Photo.repeat_id.is_not(None))
        .group_by(Photo.repeat_id)
        .having(func.count(Group.split.distinct()) > 1)
    )
    return [int(id) for id in session.scalars(spread) if id is not None]
