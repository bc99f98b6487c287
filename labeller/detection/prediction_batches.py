"""Asking a model about many photos at once: one job, whose answers are kept for an hour."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from db import jobs
from db.base import OPEN, now
from db.errors import NotFound, Refused
from db.models import Person, Prediction, PredictionBatch, Run
from db.predictions import delete_picture
from labeller.detection import predictions
from labeller.errors import BadPhoto, PhotoTooLarge, TooManyOpen

MOST_PHOTOS = 64
"""In one batch; the size of the whole request is bounded as well."""
MOST_OPEN = 4
"""Batches of one person that are not done."""


def request_batch(
    session: Session, run: Run, by: Person, photos: Sequence[tuple[str, bytes]]
) -> PredictionBatch:
    """Ask about photos, each with its name, after the commit. A bad file becomes an item with its error.

    Raises BadPhoto without any file, PhotoTooLarge for too many, and TooManyOpen.
    """
    _require_place(session, by, len(photos))
    batch = PredictionBatch(person_id=by.id, run_id=run.id)
    batch.items = [_item(run, name, data) for name, data in photos]
    session.add(batch)
    jobs.submit(session, batch)
    return batch


def _require_place(session: Session, by: Person, count: int) -> None:
    if not count:
        raise BadPhoto("no_file", "There is no photo in this request.", "Send at least one, as `file`.")
    if count > MOST_PHOTOS:
        hint = f"At most {MOST_PHOTOS} go into one batch; send the others as another one."
        raise PhotoTooLarge("too_many_files", "These are too many photos.", hint)
    mine = PredictionBatch.person_id == by.id, PredictionBatch.status.in_(OPEN)
    if (session.scalar(select(func.count()).where(*mine)) or 0) >= MOST_OPEN:
        hint = "Wait until one of them is done, or delete it."
        raise TooManyOpen("too_many_batches", f"You have {MOST_OPEN} batches under way.", hint)


def _item(run: Run, name: str, data: bytes) -> Prediction:
    seconds = predictions.KEPT.total_seconds()
    try:
        item = predictions.stored_prediction(run, predictions.read_photo(data), seconds)
    except Refused as error:
        words = {"code": error.code, "message": error.message, "hint": error.hint}
        item = Prediction(run_id=run.id, status="failed", error=words)
        item.deadline = now() + timedelta(seconds=seconds)
    item.name = name
    return item


def get_batch(session: Session, batch_id: int, by: Person) -> PredictionBatch:
    """A batch that this person sent within the hour. Raises NotFound."""
    batch = session.get(PredictionBatch, batch_id, populate_existing=True)
    if batch is None or batch.person_id != by.id or batch.created_at < now() - predictions.KEPT:
        raise NotFound("no_such_batch", "There is no such batch.", "Batches are kept for an hour.")
    session.expire(batch, ["items"])
    return batch


def delete_batch(session: Session, batch: PredictionBatch) -> None:
    """Delete the batch with its pictures, and commit. A worker that is at it stops."""
    items = list(batch.items)
    session.execute(delete(PredictionBatch).where(PredictionBatch.id == batch.id))
    session.commit()
    for item in items:
        delete_picture(item)
