"""An export asked for, made by a worker in this process, and what is stored of it."""

import io
from zipfile import ZipFile

from sqlalchemy.orm import Session

from db.models import Export, Person
from db.storage import blobs
from labeller.exports import make as making
from labeller.exports import requests

ORDER = {"format": "tiny", "source": {}, "crops": False, "names": False}


def request(db: Session, owner: Person, **changes: object) -> Export:
    export = requests.request(db, ORDER | changes, owner)
    db.commit()
    return export


def make(db: Session, export: Export, attempt: int = 0) -> Export:
    making.make(db, export.id, attempt, "transfers@here", lambda stored, boxes: [stored for _ in boxes])
    return requests.get(db, export.id)


def stored() -> list[str]:
    return sorted(blobs().list_named(requests.FOLDER))


def opened(export: Export) -> ZipFile:
    return ZipFile(io.BytesIO(blobs().get(str(export.file))))
