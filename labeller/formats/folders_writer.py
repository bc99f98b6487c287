"""Folders: writing. Whole photos by the class of their faces, or a crop a face."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from labeller.formats.names import SPLIT_FOLDERS, file_name
from labeller.formats.protocol import Entry, ExportedPhoto, WriteOptions
from labeller.formats.records import PhotoRecord
from labeller.formats.sidecar import SidecarWriter

UNLABELLED = "unlabelled"


class FoldersWriter:
    """`<split>/<class>/<person>/`; the split and the person only where a photo has one."""

    def __init__(self, options: WriteOptions, folder: Path) -> None:
        self._options = options
        self._sidecar = SidecarWriter(folder)

    def add(self, photo: ExportedPhoto) -> Iterator[Entry]:
        if self._options.crops:
            yield from self._crops(photo)
            return
        record = photo.record
        labels = {face.label for face in record.faces if face.state == "confirmed"}
        only = labels.pop() if len(labels) == 1 else None
        self._sidecar.add(record)
        yield Entry(f"{_folder(record, only)}/{record.name}", photo.picture())

    def finish(self) -> Iterator[Entry]:
        yield self._sidecar.entry()

    def _crops(self, photo: ExportedPhoto) -> Iterator[Entry]:
        """Rejected boxes are no faces, so they have no crop."""
        assert photo.crop
        record = photo.record
        for number, face in enumerate(record.faces, 1):
            if face.state == "rejected":
                continue
            label = face.label if face.state == "confirmed" else None
            name = f"{PurePosixPath(record.name).stem}_{number}.png"
            alone = replace(face, box=None)
            looked_at = face.state == "confirmed"
            self._sidecar.add(
                PhotoRecord(name, (alone,), None, looked_at, record.person, record.split, tags=record.tags)
            )
            yield Entry(f"{_folder(record, label)}/{name}", photo.crop(face))


def _folder(record: PhotoRecord, label: str | None) -> str:
    folders = (SPLIT_FOLDERS.get(record.split or ""), label or UNLABELLED, record.person)
    return "/".join(file_name(folder) for folder in folders if folder)
