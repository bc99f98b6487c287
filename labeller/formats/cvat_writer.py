"""CVAT for images 1.1, written."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from labeller.formats.labelled import labelled
from labeller.formats.names import SPLIT_FOLDERS
from labeller.formats.protocol import Entry, ExportedPhoto, WriteOptions
from labeller.formats.records import Box, PhotoRecord
from labeller.formats.sidecar import SidecarWriter
from labeller.formats.spool import Spool
from labeller.formats.xml_text import attribute, content

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n'
ATTRIBUTES = ("person", "score")
NO_SPLIT = "default"
"""A photo without a subset would be in each of them for datumaro."""


class CvatWriter:
    """`images/` and one `annotations.xml`, whose photos are collected in `scratch`."""

    def __init__(self, options: WriteOptions, scratch: Path) -> None:
        self._classes = options.classes
        self._subsets: dict[str, None] = {}
        self._images = Spool(scratch, "images.xml")
        self._sidecar = SidecarWriter(scratch)

    def add(self, photo: ExportedPhoto) -> Iterator[Entry]:
        path = f"images/{photo.record.name}"
        yield Entry(path, photo.picture())
        subset = SPLIT_FOLDERS.get(photo.record.split or "", NO_SPLIT)
        self._subsets[subset] = None
        self._images.write(_image(self._images.count, subset, photo.record))
        self._sidecar.add(photo.record)

    def finish(self) -> Iterator[Entry]:
        yield Entry("annotations.xml", self._images.chunks(HEAD + self._meta(), "</annotations>\n"))
        yield self._sidecar.entry()

    def _meta(self) -> str:
        declared = "".join(
            f"<attribute><name>{name}</name><mutable>False</mutable><input_type>text</input_type>"
            "<default_value></default_value><values></values></attribute>"
            for name in ATTRIBUTES
        )
        labels = "".join(
            f"<label><name>{content(name)}</name><type>rectangle</type><attributes>{declared}</attributes></label>\n"
            for name in self._classes
        )
        tasks = "".join(
            f"<task><name>{subset}</name><mode>annotation</mode><subset>{subset}</subset></task>\n"
            for subset in self._subsets
        )
        return (
            f"<meta><project><name>Second Look</name>\n<labels>\n{labels}</labels>\n"
            f"<tasks>\n{tasks}</tasks></project></meta>\n"
        )


def _image(number: int, subset: str, record: PhotoRecord) -> str:
    assert record.size is not None
    boxes = "".join(
        _box(box, label, {"person": record.person, "score": face.confidence})
        for box, label, face in labelled(record)
    )
    width, height = record.size
    return (
        f'<image id="{number}" name={attribute(record.name)} subset="{subset}"'
        f' width="{width}" height="{height}">\n{boxes}</image>\n'
    )


def _box(box: Box, label: str, attributes: Mapping[str, str | float | None]) -> str:
    left, top, width, height = box
    inside = "".join(
        f'<attribute name="{name}">{content(str(value))}</attribute>'
        for name, value in attributes.items()
        if value is not None
    )
    return (
        f'<box label={attribute(label)} source="manual" occluded="0" xtl="{left:.2f}" ytl="{top:.2f}"'
        f' xbr="{left + width:.2f}" ybr="{top + height:.2f}" z_order="0">{inside}</box>\n'
    )
