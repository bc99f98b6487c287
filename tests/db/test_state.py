"""What the workbench says that it is doing."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from db import state
from db.base import now
from db.models import Photo
from tests.factories import add_faces


@pytest.mark.parametrize(("attempt", "waits"), [(0, timedelta(hours=1)), (3, timedelta(seconds=30))])
def test_a_job_waits_since_it_was_queued(db: Session, attempt: int, waits: timedelta) -> None:
    """One that is tried again was queued long after it was made."""
    photo = db.get_one(Photo, add_faces(db, 1)[0].photo_id)
    photo.status, photo.attempt = "queued", attempt
    photo.created_at, photo.sent_at = now() - timedelta(hours=1), now() - timedelta(seconds=30)
    db.commit()
    oldest = state.read(db).oldest["photo"]
    assert waits <= oldest < waits + timedelta(seconds=20)
