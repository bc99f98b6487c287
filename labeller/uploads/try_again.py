"""Looking again at a photo that failed, and restoring pictures that were damaged."""

from sqlalchemy.orm import Session

from db import blob_hold, jobs
from db.integrity import blob_problem
from db.models import Photo
from db.settings import settings
from db.storage import blobs
from labeller.errors import NotFailed
from labeller.photos.decode import decode


def look_again(session: Session, photo: Photo) -> None:
    """Queue a failed photo for the detector. Raises NotFailed."""
    if photo.status != "failed":
        raise NotFailed("not_failed", "This photo has not failed.", "There is nothing to try again.")
    jobs.start_over(session, photo)


def receive_again(session: Session, photo: Photo, data: bytes) -> None:
    """The bytes of a photo were sent again: restore its pictures if they are damaged; if it failed, retry."""
    if any(blob_problem(key) for key in (photo.blob, photo.view_blob)):
        decoded = decode(data, settings().max_megapixels, photo.turned)
        photo.blob, photo.view_blob = (blobs().put(one) for one in (decoded.photo, decoded.view))
        blob_hold.keep(session, (decoded.photo, decoded.view))
        photo.stored_bytes = decoded.size
    if photo.status == "failed":
        look_again(session, photo)
