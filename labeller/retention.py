"""What is let go by itself: photos past the owner's retention period, and uploads left half done."""

from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from db.base import now
from db.models import SHOWN, Person, Photo
from db.session import forget_deleted
from db.settings import settings
from labeller.erasure.finish import finish_pending
from labeller.erasure.mark import mark_person, mark_photos
from labeller.uploads import chunked


def tidy(session: Session) -> None:
    """Mark what is past its time for erasure, and commit."""
    chunked.forget_stale()
    if settings().retention_days is not None:
        _let_go(session, timedelta(days=settings().retention_days or 0))
        session.commit()
        finish_pending(session)
    forget_deleted(session)


def _let_go(session: Session, period: timedelta) -> None:
    over = now() - period
    mark_photos(session, Photo.created_at < over, None)
    photos = exists().where(Photo.person_id == Person.id, SHOWN)
    gone = Person.role == "friend", Person.created_at < over, Person.erasing_at.is_(None), ~photos
    for friend in session.scalars(select(Person).where(*gone, Person.merged_into_id.is_(None))).all():
        mark_person(session, friend, None)
