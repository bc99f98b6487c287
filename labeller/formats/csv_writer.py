"""CSV: writing. A row a box; a photo without one has a row all the same."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from labeller.formats.csv_columns import COLUMNS, with_apostrophe
from labeller.formats.csv_rows import EMPTY, NOT_LOOKED_AT
from labeller.formats.names import SPLIT_FOLDERS
from labeller.formats.protocol import Entry, ExportedPhoto, WriteOptions
from labeller.formats.records import FaceRecord, PhotoRecord
from labeller.formats.sidecar import SidecarWriter
from labeller.formats.spool import Spool, number

FILE = "labels.csv"


class CsvWriter:
    """`labels.csv` and `images/`."""

    def __init__(self, options: WriteOptions, folder: Path) -> None:
        self._rows = Spool(folder, FILE)
        self._sidecar = SidecarWriter(folder)

    def add(self, photo: ExportedPhoto) -> Iterator[Entry]:
        record = photo.record
        for face in record.faces:
            self._row(record, face)
        if not record.looked_at or not record.faces:
            self._row(record, None)
        self._sidecar.add(record)
        yield Entry(f"images/{record.name}", photo.picture())

    def finish(self) -> Iterator[Entry]:
        yield Entry(FILE, self._rows.chunks(",".join(COLUMNS) + "\n"))
        yield self._sidecar.entry()

    def _row(self, record: PhotoRecord, face: FaceRecord | None) -> None:
        state = face.state if face else EMPTY if record.looked_at else NOT_LOOKED_AT
        box = [number(side) for side in face.box] if face and face.box else [""] * 4
        score = face.confidence if face else None
        cells = [
            with_apostrophe(f"images/{record.name}"),
            *(record.size or ("", "")),
            *box,
            with_apostrophe((face and face.label) or ""),
            state,
            "" if score is None else repr(score),
            with_apostrophe(record.person or ""),
            SPLIT_FOLDERS.get(record.split or "", ""),
        ]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(cells)
        self._rows.write(text.getvalue())
