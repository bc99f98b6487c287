"""Pascal VOC as the kit of 2007 defines it, written: corners count from 1, both ends included."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from labeller.formats.labelled import is_labelled, labelled
from labeller.formats.names import SPLIT_FOLDERS
from labeller.formats.protocol import Entry, ExportedPhoto, WriteOptions
from labeller.formats.records import Box, PhotoRecord
from labeller.formats.sidecar import SidecarWriter
from labeller.formats.spool import Spool
from labeller.formats.xml_text import content

LABEL_MAP = "# label:color_rgb:parts:actions\nbackground:::\n"


class VocWriter:
    """`JPEGImages/`, `Annotations/`, `labelmap.txt`, and the lists of the splits, collected in `scratch`."""

    def __init__(self, options: WriteOptions, scratch: Path) -> None:
        self._classes = options.classes
        self._lists = {split: Spool(scratch, f"{split}.list") for split in SPLIT_FOLDERS}
        self._sidecar = SidecarWriter(scratch)

    def add(self, photo: ExportedPhoto) -> Iterator[Entry]:
        record = photo.record
        path = f"JPEGImages/{record.name}"
        yield Entry(path, photo.picture())
        if is_labelled(record):
            stem = PurePosixPath(record.name).stem
            yield Entry(f"Annotations/{stem}.xml", _document(record).encode())
            self._lists[record.split or "train"].write(f"{stem}\n")
        self._sidecar.add(record)

    def finish(self) -> Iterator[Entry]:
        yield Entry("labelmap.txt", (LABEL_MAP + "".join(f"{name}:::\n" for name in self._classes)).encode())
        for split, names in self._lists.items():
            yield Entry(f"ImageSets/Main/{SPLIT_FOLDERS[split]}.txt", names.chunks())
        yield self._sidecar.entry()


def _document(record: PhotoRecord) -> str:
    assert record.size is not None
    objects = "".join(_object(box, label, record.person) for box, label, _ in labelled(record))
    return (
        f"<annotation>\n<folder>JPEGImages</folder>\n<filename>{content(record.name)}</filename>\n"
        "<source><database>Second Look</database></source>\n"
        f"<size><width>{record.size[0]}</width><height>{record.size[1]}</height><depth>3</depth></size>\n"
        f"<segmented>0</segmented>\n{objects}</annotation>\n"
    )


def _object(box: Box, label: str, person: str | None) -> str:
    """A box in whole pixels, of at least one."""
    left, top = round(box[0]), round(box[1])
    right, bottom = max(left + 1, round(box[0] + box[2])), max(top + 1, round(box[1] + box[3]))
    return (
        f"<object><name>{content(label)}</name><pose>Unspecified</pose><truncated>0</truncated>"
        f"<difficult>0</difficult><occluded>0</occluded>{_attributes(person)}"
        f"<bndbox><xmin>{left + 1}</xmin><ymin>{top + 1}</ymin>"
        f"<xmax>{right}</xmax><ymax>{bottom}</ymax></bndbox>"
        "</object>\n"
    )


def _attributes(person: str | None) -> str:
    if person is None:
        return ""
    value = f"<name>person</name><value>{content(person)}</value>"
    return f"<attributes><attribute>{value}</attribute></attributes>"
