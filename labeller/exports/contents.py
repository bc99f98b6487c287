"""The files of an export, one after the other, while its photos are read piece by piece."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from db import classes
from db.models import Person
from db.storage import MissingFile, blobs
from labeller.errors import BadExport
from labeller.exports.file_names import FileNames, ending_of
from labeller.exports.report import Report
from labeller.exports.sources import Source, SourcePhoto
from labeller.formats.protocol import Entry, ExportedPhoto, Format, WriteOptions
from labeller.formats.records import Box, FaceRecord, PhotoRecord
from labeller.people.people import ACTIVE

Cut = Callable[[bytes, Sequence[Box]], list[bytes]]
"""From a stored picture and boxes, the crop of each as the trainer sees it, as a PNG file. Raises CannotCut.

What cuts needs OpenCV, which this package does not load: `inference` hands it in.
"""
OnShare = Callable[[float], None]
"""Called with the share that is done, from 0 to 1; what it raises ends the export."""


class CannotCut(Exception):
    """The picture cannot be read."""


@dataclass(frozen=True)
class Order:
    """What to write: the photos of a source in a format; with `cut`, a crop of each face instead of them."""

    format: Format
    source: Source
    names: bool = False
    cut: Cut | None = None


class Contents:
    """The files of an export. Once they have been read, `report` and `photo_ids` say what is in them."""

    def __init__(self, session: Session, order: Order, scratch: Path) -> None:
        """`scratch` is an empty folder for the writer, which the caller deletes."""
        self._session, self._order = session, order
        known = classes.names(session)
        self._writer = order.format.writer(WriteOptions(known, order.cut is not None), scratch)
        self._people = person_names(session) if order.names else {}
        self._names = FileNames()
        self.report = Report()
        self.photo_ids: list[int] = []

    def entries(self, on_share: OnShare) -> Iterator[Entry]:
        """Raises BadExport if there is no photo."""
        total = max(1, self._order.source.count(self._session))
        for done, photo in enumerate(self._order.source.photos(self._session), 1):
            if (exported := self._exported(photo)) is not None:
                yield from map(_checked, self._writer.add(exported))
            on_share(min(1.0, done / total))
        if not self.photo_ids:
            raise no_photos()
        yield from map(_checked, self._writer.finish())

    def _exported(self, photo: SourcePhoto) -> ExportedPhoto | None:
        """The photo for the writer; None if its file is gone, since it is being deleted, or unreadable."""
        try:
            content = blobs().get(photo.photo.blob)
            crop = self._order.cut and _cropping(self._order.cut, content, photo.faces)
        except (MissingFile, CannotCut):
            self.report.missing += 1
            return None
        self._count(photo)
        record = self._record(photo, self._names.name(photo.photo, ending_of(content)))
        return ExportedPhoto(record, lambda: content, crop)

    def _count(self, photo: SourcePhoto) -> None:
        self.photo_ids.append(photo.photo.id)
        self.report.photos += 1
        self.report.disputed += len(photo.disputed)
        for face in photo.faces:
            self.report.count(face)

    def _record(self, source: SourcePhoto, name: str) -> PhotoRecord:
        photo = source.photo
        person = None if photo.person_id is None else f"person-{photo.person_id}"
        extra = {"id": photo.id, "face_ids": list(source.face_ids)}
        return PhotoRecord(
            name=name,
            faces=source.faces,
            size=(photo.width, photo.height),
            looked_at=source.looked_at,
            person=self._people.get(photo.person_id or 0, person),
            split=source.split,
            sha256=photo.sha256,
            tags=source.tags,
            extra=extra | ({"disputed": list(source.disputed)} if source.disputed else {}),
        )


def no_photos() -> BadExport:
    """The error for an export without a photo."""
    return BadExport("no_photos", "There are no photos to write.", "Choose others, or send some first.")


def person_names(session: Session) -> dict[int, str]:
    """By id, the name of everybody; with the id where several are called so."""
    people = session.execute(select(Person.id, Person.name).where(*ACTIVE)).all()
    called = Counter(name.casefold() for _, name in people)
    return {id: name if called[name.casefold()] == 1 else f"{name} #{id}" for id, name in people}


def _cropping(cut: Cut, content: bytes, faces: Sequence[FaceRecord]) -> Callable[[FaceRecord], bytes]:
    """What gives the crop of each of the faces. Raises CannotCut."""
    boxes = [face.box for face in faces if face.box is not None]
    crops = dict(zip(boxes, cut(content, boxes), strict=True))
    return lambda face: crops[face.box] if face.box is not None else content


def _checked(entry: Entry) -> Entry:
    """A path that would leave the export's folder is a fault of the writer."""
    parts = entry.path.split("/")
    if "\\" in entry.path or any(part in ("", ".", "..") for part in parts):
        raise ValueError("a writer named a file outside of its folder")
    return entry
