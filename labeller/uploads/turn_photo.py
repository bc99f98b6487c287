"""Turning a photo that lies on its side or on its head: one click, and its faces are looked for again."""

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from db import blob_hold, jobs
from db.models import Answer, DetectorPass, Event, Face, Person, Photo
from db.settings import settings
from db.storage import blobs
from labeller.errors import BadPhoto, CannotTurn
from labeller.photos.decode import decode
from labeller.photos.pixels import TURNS


def turn_photo(session: Session, photo: Photo, degrees: int, by: Person) -> None:
    """Turn the photo clockwise by 90, 180 or 270 degrees, and queue it for the detector anew.

    Raises BadPhoto for other degrees, CannotTurn if a face of it has been answered, and MissingFile if it was
    deleted meanwhile.
    """
    if degrees not in TURNS:
        raise BadPhoto(
            "bad_turn", "A photo turns by 90, 180 or 270 degrees.", "Clockwise, so 270 is to the left."
        )
    answered = exists().where(Answer.face_id == Face.id)
    if photo.status != "ready" or session.scalar(
        select(Face.id).where(Face.photo_id == photo.id, answered).limit(1)
    ):
        hint = "Turn a photo before its faces are answered, or delete it and send it upright."
        raise CannotTurn("photo_in_use", "This photo cannot be turned now.", hint)
    before = photo.blob, photo.view_blob
    decoded = decode(blobs().get(photo.blob), settings().max_megapixels, degrees)
    photo.blob, photo.view_blob = (blobs().put(one) for one in (decoded.photo, decoded.view))
    blob_hold.keep(session, (decoded.photo, decoded.view))
    photo.width, photo.height, photo.dhash = decoded.width, decoded.height, decoded.dhash
    photo.stored_bytes = decoded.size
    photo.turn, photo.turned = 0, (photo.turned + degrees) % 360
    photo.completed_at = photo.completed_by = None
    session.execute(delete(Face).where(Face.photo_id == photo.id))
    session.execute(delete(DetectorPass).where(DetectorPass.photo_id == photo.id))
    session.add(Event(kind="photo_turned", person_id=by.id, detail={"photo": photo.id, "degrees": degrees}))
    jobs.start_over(session, photo)
    blobs().delete_named(f"thumb/{photo.id}/")
    blob_hold.delete_blobs(session, before)
