"""Consistency checks of the database and the stored files: photos, features, models, leases, split."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

import numpy as np
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from db import blob_hold, counters, frozen_sets, signing
from db.base import now
from db.models import (
    SHOWN,
    Artifact,
    Clip,
    DoomedBlob,
    Embedding,
    Export,
    Group,
    Photo,
    Run,
    Score,
    Workbench,
)
from db.models.runs import VECTOR_BYTES
from db.storage import blobs

UNUSED_AFTER = timedelta(days=1)
LOOKED_UP_AT_ONCE = 500
OVERDUE = timedelta(seconds=60)
"""The sweep should have released a lease that expired longer ago than this."""
REQUIRED_FORMS = ("keras", "tflite", "onnx", "labels", "card")
"""Files that every finished run has."""


def find_problems(session: Session) -> Iterator[str]:
    """Describe each problem in one line of text."""
    yield from _check_engine(session)
    yield from _check_photos(session)
    yield from _check_clips(session)
    yield from _check_exports(session)
    for run in session.scalars(select(Run).order_by(Run.id)):
        yield from _check_run(session, run)
    yield from _check_live_runs(session)
    yield from _check_leases(session)
    yield from frozen_sets.find_problems(session)
    yield from counters.find_problems(session)
    yield from _check_features(session)
    for id in straddling_near_duplicates(session):
        yield f"photos like photo {id} lie on both sides of the split"
    for key in unused_blobs(session):
        yield f"file {key[:16]}: no photo and no run names it"


def _check_engine(session: Session) -> Iterator[str]:
    if session.get_bind().dialect.name != "sqlite":
        return
    for row in session.execute(text("PRAGMA integrity_check")):
        if row[0] != "ok":
            yield f"database: {row[0]}"
    for row in session.execute(text("PRAGMA foreign_key_check")):
        yield f"database: a row of {row[0]} names one of {row[2]} that is not there"


def _check_photos(session: Session) -> Iterator[str]:
    for id, *keys in session.execute(select(Photo.id, Photo.blob, Photo.view_blob).where(SHOWN)):
        for key in keys:
            if problem := blob_problem(key):
                yield f"photo {id}: {problem}"


def _check_clips(session: Session) -> Iterator[str]:
    for id, key in session.execute(select(Clip.id, Clip.blob).where(Clip.blob.is_not(None))):
        if problem := blob_problem(str(key)):
            yield f"video {id}: {problem}"


def _check_exports(session: Session) -> Iterator[str]:
    for id, name in session.execute(select(Export.id, Export.file).where(Export.file.is_not(None))):
        if not blobs().has(str(name)):
            yield f"export {id}: its file is gone; make it again"


def blob_problem(key: str) -> str | None:
    """What is wrong with the stored file, or None."""
    digest = hashlib.sha256()
    try:
        for chunk in blobs().read_chunks(key):
            digest.update(chunk)
    except FileNotFoundError:
        return f"its file {key[:16]} is gone"
    return None if digest.hexdigest() == key else f"its file {key[:16]} has changed"


def _check_run(session: Session, run: Run) -> Iterator[str]:
    if run.status != "done" or run.retired_at is not None or run.dropped_at is not None:
        return
    if run.head is None:
        yield f"run {run.id}: it is done, and has no model"
    if run.manifest is None or blob_problem(run.manifest):
        yield f"run {run.id}: its manifest is gone or has changed"
    query = select(Artifact).where(Artifact.run_id == run.id)
    artifacts = {artifact.form: artifact for artifact in session.scalars(query)}
    for form in REQUIRED_FORMS:
        if form not in artifacts:
            yield f"run {run.id}: it has no {form} file"
    for artifact in artifacts.values():
        try:
            signing.read_verified(artifact)
        except signing.Tampered as error:
            yield f"run {run.id}: {error}"


def _check_live_runs(session: Session) -> Iterator[str]:
    workbench = session.scalar(select(Workbench))
    run_ids = [] if workbench is None else workbench.runs_with_scores
    for id in run_ids:
        run = session.get_one(Run, id)
        if run.status != "done" or run.head is None:
            yield f"run {id} is or was live, and has no model"
    for run_id, count in leftover_scores(session):
        yield f"run {run_id}: {count} scores are left, and it is not live"


def leftover_scores(session: Session) -> list[tuple[int, int]]:
    """Runs that have scores although they neither are nor were live just before, and how many."""
    workbench = session.scalar(select(Workbench))
    kept = [] if workbench is None else workbench.runs_with_scores
    running = select(Run.id).where(Run.status == "running")
    leftover = select(Score.run_id, func.count()).group_by(Score.run_id)
    leftover = leftover.where(Score.run_id.not_in(kept), Score.run_id.not_in(running))
    return [(run_id, count) for run_id, count in session.execute(leftover)]


def _check_leases(session: Session) -> Iterator[str]:
    for model in (Photo, Run):
        overdue = select(model.id).where(model.status == "running", model.lease_until < now() - OVERDUE)
        for id in session.scalars(overdue):
            yield f"{model.__tablename__} {id}: its worker is gone, and nobody took it back"


def _check_features(session: Session) -> Iterator[str]:
    for embedding in damaged_features(session):
        yield (
            f"face {embedding.face_id}: its features of view {embedding.view} are damaged;"
            " the next run computes them again"
        )


def damaged_features(session: Session) -> Iterator[Embedding]:
    query = select(Embedding).order_by(Embedding.face_id)
    for embedding in session.scalars(query.execution_options(yield_per=1000)):
        if not is_whole_vector(embedding.vector):
            yield embedding


def is_whole_vector(vector: bytes) -> bool:
    """Whether stored features have the right length, and no value that is not finite."""
    return len(vector) == VECTOR_BYTES and bool(np.isfinite(np.frombuffer(vector, "<f2")).all())


def unused_blobs(session: Session) -> list[str]:
    """Keys of stored files that no row names.

    A file is written before its row is committed, so younger ones may still get one; those that wait for the
    end of a backup to be deleted do not count.
    """
    old = now() - UNUSED_AFTER
    keys = (key for key, written_at in blobs().list_keys() if written_at < old)
    unused: list[str] = []
    while some := set(islice(keys, LOOKED_UP_AT_ONCE)):
        waiting = session.scalars(select(DoomedBlob.key).where(DoomedBlob.key.in_(some)))
        unused += sorted(some - blob_hold.named_among(session, some) - set(waiting))
    return unused


def remove_unused_blobs(session: Session) -> Iterator[str]:
    """Delete stored files that no row names, and what killed processes left half-written; a line for each.

    None while a backup is made. Commits.
    """
    old = now() - UNUSED_AFTER
    if drafts := blobs().delete_drafts(old):
        yield f"{drafts} half-written files"
    for key in unused_blobs(session):
        session.commit()
        if not blob_hold.may_delete(session):
            break
        # The same bytes may have been stored again since: then their row is there, or on its way.
        is_old = (written_at := blobs().written_at(key)) is not None and written_at < old
        if is_old and not blob_hold.named_among(session, {key}):
            blobs().delete(key)
            yield f"file {key[:16]}: no photo and no run names it"
    session.commit()


def straddling_near_duplicates(session: Session) -> list[int]:
    """The id of the first photo of each set of near duplicates that lies on both sides of the split.

    There should be none.
    """
    query = (
        select(Photo.repeat_id)
        .join(Group, Group.id == Photo.group_id)
        .where(Photo.repeat_id.is_not(None))
        .group_by(Photo.repeat_id)
        .having(func.count(Group.split.distinct()) > 1)
    )
    return [int(id) for id in session.scalars(query) if id is not None]
