"""WIDER FACE in the order of its publication, written."""

from collections.abc import Iterator
from pathlib import Path

from labeller.formats.names import SPLIT_FOLDERS
from labeller.formats.protocol import Entry, ExportedPhoto, WriteOptions
from labeller.formats.records import Box, PhotoRecord
from labeller.formats.sidecar import SidecarWriter
from labeller.formats.spool import Spool

EVENT = "0--Photos"
"""The published set has a folder an event."""
NO_FACES = "0\n" + "0 " * 10 + "\n"
"""What the published files say of a photo without a face."""


class WiderFaceWriter:
    """`WIDER_train/images/0--Photos/a.jpg`, and a text file a split, collected in `scratch`."""

    def __init__(self, options: WriteOptions, scratch: Path) -> None:
        self._files: dict[str, Spool] = {}
        self._scratch = scratch
        self._sidecar = SidecarWriter(scratch)

    def add(self, photo: ExportedPhoto) -> Iterator[Entry]:
        split = SPLIT_FOLDERS[photo.record.split or "train"]
        path = f"WIDER_{split}/images/{EVENT}/{photo.record.name}"
        yield Entry(path, photo.picture())
        if split not in self._files:
            self._files[split] = Spool(self._scratch, f"{split}.faces")
        self._files[split].write(f"{EVENT}/{photo.record.name}\n{_faces(photo.record)}")
        self._sidecar.add(photo.record)

    def finish(self) -> Iterator[Entry]:
        for split, collected in self._files.items():
            yield Entry(f"wider_face_split/wider_face_{split}_bbx_gt.txt", collected.chunks())
        yield self._sidecar.entry()


def _faces(record: PhotoRecord) -> str:
    """The count and a line a face: confirmed, or rejected and so invalid; a proposal is neither."""
    lines = [
        _line(face.box, is_invalid=face.state == "rejected")
        for face in record.faces
        if face.box is not None and face.state != "proposed"
    ]
    return f"{len(lines)}\n{''.join(lines)}" if lines else NO_FACES


def _line(box: Box, is_invalid: bool) -> str:
    left, top = round(box[0]), round(box[1])
    width, height = max(1, round(box[0] + box[2]) - left), max(1, round(box[1] + box[3]) - top)
    return f"{left} {top} {width} {height} 0 0 0 {int(is_invalid)} 0 0 \n"
