"""Making the small renditions of photos again that were lost or damaged."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.integrity import blob_problem
from db.models import SHOWN, Photo
from db.settings import settings
from db.storage import blobs
from labeller.photos.decode import decode


def make_again(session: Session) -> Iterator[str]:
    """Render the view of each photo that has lost it and is itself whole, one line for each. Commits."""
    for photo in session.scalars(select(Photo).where(SHOWN).order_by(Photo.id)).all():
        if blob_problem(photo.view_blob) and not blob_problem(photo.blob):
            decoded = decode(blobs().get(photo.blob), settings().max_megapixels)
            photo.view_blob = blobs().put(decoded.view)
            session.commit()
            yield f"photo {photo.id}: its small rendition is made again"
