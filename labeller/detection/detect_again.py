"""Looking at old photos again with the first detector, a few at a time, in the order of their ids."""

import time

import structlog
from sqlalchemy.orm import Session

from db import tasks
from db.models import Photo
from labeller.detection import again_requests, detectors, passes
from labeller.detection.proposals import look_at
from labeller.detection.store_faces import record_look

log = structlog.get_logger()

SECONDS_AT_ONCE = 1.0
"""New photos wait for no more than this."""
PHOTOS_AT_ONCE = 100


def go_on(session: Session) -> None:
    """Look at some of the photos that are left, and enqueue the rest. Commits photo by photo."""
    until = time.monotonic() + SECONDS_AT_ONCE
    left = again_requests.photos_left(session, PHOTOS_AT_ONCE)
    for photo_id in left:
        if time.monotonic() > until:
            break
        _look_again(session, photo_id)
    if left:
        tasks.enqueue_detecting_again(session)
    else:
        again_requests.end(session)
    session.commit()


def _look_again(session: Session, photo_id: int) -> None:
    photo, detector = session.get(Photo, photo_id, populate_existing=True), detectors.first()
    if photo is None or photo.status != "ready":
        return
    try:
        result = look_at(detector, photo)
    except OSError as error:
        log.warning("picture_unreadable", photo=photo_id, error=str(error))
        passes.give_up(session, photo_id, detector.name)
    else:
        record_look(session, photo, detector.name, result)
    again_requests.note_done(session)
    session.commit()
