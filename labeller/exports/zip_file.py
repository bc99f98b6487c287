"""The files of an export as one zip file, made while it is stored or sent."""

from collections.abc import Iterable, Iterator
from zipfile import ZIP_DEFLATED, ZIP_STORED

from zipstream import ZipStream

from labeller.formats.protocol import Entry

PICTURES = (".jpg", ".png", ".webp")
"""Endings of files that are compressed already."""


def zipped(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The bytes of the zip file; one entry is in memory at a time, unless it comes in chunks."""
    archive = ZipStream()
    for entry in entries:
        is_picture = entry.path.endswith(PICTURES)
        archive.add(entry.content, entry.path, compress_type=ZIP_STORED if is_picture else ZIP_DEFLATED)
        yield from archive.all_files()
    yield from archive.finalize()
