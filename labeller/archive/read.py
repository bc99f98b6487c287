"""Reading an archive: its lines, and photo by photo what belongs to it, in flat memory."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from db.texts import number_of
from labeller.archive import layout
from labeller.archive.layout import ALL, OF_PHOTOS, Rows
from labeller.archive.lines import Row, from_line
from labeller.errors import BadDataset
from labeller.formats.protocol import Listing
from labeller.formats.text import bad_file

LONGEST_LINE = 64 << 20
MOST_ABOUT = 1 << 20
"""Bytes of `archive.json`."""


@dataclass(frozen=True)
class PhotoRows:
    """A photo's row, and by table the rows that belong to it."""

    photo: Row
    of: dict[str, list[Row]]

    def __getitem__(self, rows: Rows) -> list[Row]:
        return self.of[rows.table]


class Archive:
    """The files of an archive. Reading a line that is none raises BadDataset."""

    def __init__(self, listing: Listing) -> None:
        """Raises BadDataset for what is no archive, or one of a newer version."""
        self.listing = listing
        self.about = _about(listing)
        self.workbench = str(self.about["workbench"])
        self.photo_count = int(self.about["rows"]["photo"])

    def rows(self, rows: Rows) -> Iterator[Row]:
        """The rows of a file in its order."""
        with open(_path(self.listing, rows.path), "rb") as file:
            number = 0
            while line := file.readline(LONGEST_LINE):
                number += 1
                yield _row(rows, line, number)
        if number != self.about["rows"][rows.table]:
            announced = self.about["rows"][rows.table]
            raise bad_file(rows.path, f"has {number_of(number, 'line')} instead of {announced}")

    def photos(self) -> Iterator[PhotoRows]:
        """Photo by photo. Raises BadDataset if a row belongs to none, or they are not in order."""
        streams = {rows.table: _Stream(rows, self.rows(rows)) for rows in OF_PHOTOS}
        last = 0
        for photo in self.rows(layout.PHOTOS):
            if photo["id"] <= last:
                raise bad_file(layout.PHOTOS.path, f"is out of order at photo {photo['id']}")
            last = photo["id"]
            yield PhotoRows(photo, {table: stream.take(last) for table, stream in streams.items()})
        for stream in streams.values():
            stream.require_end()


class _Stream:
    """The rows of one file, which follow the photos' order."""

    def __init__(self, rows: Rows, lines: Iterator[Row]) -> None:
        self._rows, self._lines = rows, lines
        self._next = next(lines, None)

    def take(self, photo: int) -> list[Row]:
        taken = []
        while self._next is not None and self._next[self._rows.photo] == photo:
            taken.append(self._next)
            self._next = next(self._lines, None)
        return taken

    def require_end(self) -> None:
        if self._next is not None:
            of = self._next[self._rows.photo]
            raise bad_file(self._rows.path, f"has a row of photo {of}, which is not there or not in order")


def _about(listing: Listing) -> dict[str, Any]:
    path = _path(listing, layout.ABOUT)
    try:
        about = json.loads(path.read_bytes()) if path.stat().st_size <= MOST_ABOUT else None
    except (ValueError, RecursionError):
        about = None
    if not isinstance(about, dict) or about.get("kind") != layout.KIND:
        raise bad_file(layout.ABOUT, "is damaged, or of something else", "Nothing was imported.")
    if about.get("version") != layout.VERSION:
        message = f"This archive has version {about.get('version')!r:.20}; this is version {layout.VERSION}."
        raise BadDataset("newer_archive", message, "Update Second Look, then import it.")
    counts = about.get("rows")
    is_whole = isinstance(counts, dict) and all(type(counts.get(one.table)) is int for one in ALL)
    if not is_whole or not isinstance(about.get("workbench"), str):
        raise bad_file(layout.ABOUT, "is damaged")
    return about


def _path(listing: Listing, name: str) -> Any:
    if name not in listing.files:
        raise bad_file(name, "is missing")
    return listing.files[name]


def _row(rows: Rows, line: bytes, number: int) -> Row:
    try:
        if not line.endswith(b"\n"):
            raise ValueError("ends in the middle")
        return from_line(rows, line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        problem = "is no JSON" if isinstance(error, json.JSONDecodeError | RecursionError) else str(error)
        problem = "is no UTF-8" if isinstance(error, UnicodeError) else problem
        raise bad_file(rows.path, f"line {number}: {problem}") from None
