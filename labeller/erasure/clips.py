"""Deleting videos. The photos that were made of them are ordinary photos, and go as those do."""

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from db import blob_hold
from db.base import OPEN
from db.models import Clip

_NO_SYNC = {"synchronize_session": False}


def delete_clips(session: Session, condition: ColumnElement[bool]) -> None:
    """Delete the rows of the videos, and with the commit their files. Whoever works on one loses it."""
    deleted = delete(Clip).where(condition).returning(Clip.blob)
    keys = session.scalars(deleted, execution_options=_NO_SYNC).all()
    blob_hold.delete_blobs(session, [key for key in keys if key])


def drop_files_of_ended(session: Session) -> None:
    """Delete the files of videos whose workers could not do so: they were stopped three times. Commits."""
    ended = Clip.status.not_in(OPEN), Clip.blob.is_not(None)
    keys = session.scalars(select(Clip.blob).where(*ended)).all()
    if keys:
        session.execute(update(Clip).where(*ended).values(blob=None), execution_options=_NO_SYNC)
        blob_hold.delete_blobs(session, [key for key in keys if key])
    session.commit()
