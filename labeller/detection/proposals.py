"""Detecting the faces of stored photos."""

import structlog
from sqlalchemy.orm import Session

from db import disk, jobs, outages, tasks
from db.box_thresholds import box_thresholds
from db.models import Photo
from db.storage import blobs
from db.webhooks import events
from labeller.answers.folder_import import record_folder_label
from labeller.detection import detectors, passes
from labeller.detection.detections import Detector
from labeller.detection.photo_look import PhotoLook, look_at_photo
from labeller.detection.single_face import pick_single_face
from labeller.detection.store_faces import record_look

log = structlog.get_logger()

LEASE_SECONDS = 30


def propose_faces(session: Session, photo_id: int, attempt: int, owner: str) -> None:
    """Detect the photo's faces and store them, if this attempt is still due. Safe to repeat and to kill.

    The photo is ready when the first detector has looked; the others follow.
    """
    claim = jobs.claim(session, Photo, photo_id, attempt, jobs.Holder(owner, LEASE_SECONDS))
    if claim is None:
        return
    photo = session.get(Photo, photo_id, populate_existing=True)
    if photo is None:  # deleted meanwhile
        return
    try:
        _propose(session, photo, claim)
    except jobs.LostLease:
        log.info("photo_lease_lost", photo=photo_id)


def _propose(session: Session, photo: Photo, claim: jobs.Claim) -> None:
    detector = detectors.first()
    try:
        result = look_at(detector, photo)
    except OSError as error:
        jobs.write(session, claim, 0, status="failed", error=f"The stored picture cannot be read: {error}")
        session.commit()
        return
    jobs.write(session, claim, 0, status="ready")
    faces = record_look(session, photo, detector.name, result)
    index = pick_single_face(result.detections, box_thresholds(session)) if photo.folder_label else None
    if index is not None and (face := faces[index]) is not None:
        face.opinions_wanted = 1  # the folder's answer is enough
        record_folder_label(session, face, photo)
    events.emit(session, "photo.ready", {"photo_id": photo.id})
    if not jobs.any_open(session, Photo):  # in a long queue the last photo does it for all
        tasks.enqueue_follow_up(session)
        tasks.enqueue_scoring(session)
    session.commit()


def confirm_faces(session: Session, photo_id: int, detector_name: str) -> None:
    """Look at a photo with another detector than the first: it confirms faces, and may add unlikely ones."""
    passes.give_way(session)
    if disk.space().is_low or not passes.claim(session, photo_id, detector_name):
        return  # without room every attempt would fail
    photo = session.get(Photo, photo_id, populate_existing=True)
    if photo is None:
        return
    try:
        result = look_at(detectors.load(detector_name), photo)
    except OSError as error:  # the pass stays open; after some attempts it is given up
        log.warning("picture_unreadable", photo=photo_id, error=str(error))
        return
    except outages.STORE:
        passes.put_back(session, photo_id, detector_name)
        raise
    record_look(session, photo, detector_name, result)
    session.commit()


def look_at(detector: Detector, photo: Photo) -> PhotoLook:
    """What the detector sees in a stored photo. Raises OSError if a picture cannot be read."""
    view = blobs().get(photo.view_blob)
    return look_at_photo(detector, view, photo.width, lambda: blobs().get(photo.blob))
