"""An archive as an export: its files, and what its report counts."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import RowMapping, func, select
from sqlalchemy.orm import Session

from db.models import SHOWN, Photo
from labeller.archive.write import ArchiveWriter
from labeller.exports.contents import Contents, OnShare, Order, no_photos
from labeller.exports.report import Report
from labeller.formats.archive import ARCHIVE
from labeller.formats.protocol import Entry
from labeller.formats.records import FaceRecord


def contents_of(session: Session, order: Order, scratch: Path) -> "Contents | ArchiveContents":
    """The files of what was asked for; `scratch` is an empty folder, which the caller deletes."""
    if order.format is ARCHIVE:
        return ArchiveContents(session, scratch, names=order.names)
    return Contents(session, order, scratch)


class ArchiveContents:
    """The files of an archive of everything; like `labeller.exports.contents.Contents`."""

    def __init__(self, session: Session, scratch: Path, *, names: bool) -> None:
        """`scratch` is an empty folder for temporary files, which the caller deletes."""
        self._session = session
        self._writer = ArchiveWriter(session, scratch, names=names)
        self.report = Report()

    @property
    def photo_ids(self) -> list[int]:
        return self._writer.photo_ids

    def entries(self, on_share: OnShare) -> Iterator[Entry]:
        """Raises BadExport if there is no photo, Conflict if somebody was deleted meanwhile."""
        total = max(1, self._session.scalar(select(func.count()).select_from(Photo).where(SHOWN)) or 0)
        for _, faces, files in self._writer.photos():
            self._count(faces)
            yield from files
            on_share(min(1.0, self.report.photos / total))
        if not self.photo_ids:
            raise no_photos()
        yield from self._writer.finish()
        self.report.missing = self._writer.lost

    def _count(self, faces: Sequence[RowMapping]) -> None:
        self.report.photos += 1
        for face in faces:
            is_drawn = face["state"] == "proposed" and face["source"] == "human"
            state = "confirmed" if is_drawn else face["state"]
            label = face["label"] if state == "confirmed" else None
            self.report.count(FaceRecord(label=label, state=state))  # type: ignore[arg-type]
            self.report.disputed += face["disputed"]
