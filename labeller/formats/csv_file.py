"""CSV: reading. A row a box, by whatever names the columns have; or Label Studio's, with all boxes in one
cell."""

import csv
from collections.abc import Iterator
from typing import cast

from db.texts import number_of
from labeller.errors import AmbiguousName, BadDataset
from labeller.formats.checked import Found, checked
from labeller.formats.csv_columns import Columns, columns_of
from labeller.formats.csv_labelstudio import boxes_in_a_cell, photos_of_label_studio
from labeller.formats.csv_rows import EMPTY, FACE_STATES, NOT_LOOKED_AT, Row, row_of
from labeller.formats.names import our_split, suffix
from labeller.formats.protocol import Listing, ReadOptions
from labeller.formats.records import Box, FaceRecord, PhotoRecord, Problem, Size, State
from labeller.formats.shelf import Shelf
from labeller.formats.text import bad_file, open_text
from labeller.formats.values import as_size, in_pixels

csv.field_size_limit(1 << 24)
"""Characters of one cell: Label Studio's hold all boxes of a photo."""


class CsvReader:
    """All CSV files of the folder."""

    def read(self, listing: Listing, options: ReadOptions) -> Iterator[Found]:
        return checked(_photos(listing, options), listing, options, tells_empty=True)


def _photos(listing: Listing, options: ReadOptions) -> Iterator[Found]:
    names = [name for name in listing.files if suffix(name) in {".csv", ".tsv"}]
    if not names:
        raise BadDataset("no_labels", "There is no CSV file.")
    for name in names:
        with Shelf() as rows:
            yield from _File(listing, name, options, rows).photos()


class _File:
    """One file; its rows are put on a shelf by photo, as those of one photo may lie apart."""

    def __init__(self, listing: Listing, name: str, options: ReadOptions, rows: Shelf) -> None:
        self._listing, self._name, self._options, self._rows = listing, name, options, rows
        self._largest, self._fractions = 0.0, False
        self._assumed = False

    def photos(self) -> Iterator[Found]:
        with open_text(self._listing.files[self._name], self._name) as text:
            header = text.readline().rstrip("\r\n")
            try:
                if boxes_in_a_cell(header):
                    yield from photos_of_label_studio(self._listing, self._name, header, text)
                    return
                yield from self._shelve(header, text)
            except csv.Error as error:
                raise bad_file(self._name, f"is no CSV: {error}") from None
        shares = self._options.normalised
        if shares is None and self._fractions and self._largest <= 1:
            shares = True
            yield self._note("no side of a box is above 1; they were taken as shares of the picture's sides")
        for name in self._rows.all_keys():
            yield self._photo(name, bool(shares))
        if self._assumed:
            yield self._note("rows without a box and a state were taken as photos without a face")

    def _shelve(self, header: str, text: Iterator[str]) -> Iterator[Problem]:
        columns = columns_of(header)
        if columns is None:
            raise bad_file(self._name, "names no column for the file of each picture", "Call it `file`.")
        rows = csv.reader(text, delimiter=columns.delimiter, strict=True)
        for cells in rows:
            place = f"line {rows.line_num + 1}"
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != columns.count:
                message = f"has {number_of(len(cells), 'cell')} and not {columns.count}; left out"
                yield Problem("skipped", self._name, place, message)
                continue
            yield from self._row(columns, cells, place)

    def _row(self, columns: Columns, cells: list[str], place: str) -> Iterator[Problem]:
        try:
            row = row_of(columns, cells, place)
        except ValueError as error:
            yield Problem("skipped", self._name, place, f"{error}; left out")
            return
        if row["box"]:
            self._largest = max(self._largest, *map(abs, row["box"]))
            self._fractions = self._fractions or any(side % 1 for side in row["box"])
        self._rows.put(columns.text(cells, "file"), row)

    def _photo(self, name: str, shares: bool) -> PhotoRecord:
        rows: list[Row] = self._rows.of(name)
        first = rows[0]
        size = as_size(first["width"], first["height"])
        scale = (self._size(name) or size) if shares else None
        faces = tuple(_face(row, scale) for row in rows if row["box"] or row["label"])
        states = {row["state"] for row in rows}
        looked_at = NOT_LOOKED_AT not in states and (bool(faces) or self._looked_at(first))
        person = next((row["person"] for row in rows if row["person"]), None)
        split = our_split(next((row["split"] for row in rows if row["split"]), None))
        return PhotoRecord(name, faces, size, looked_at, person, split, file=self._name, place=first["place"])

    def _looked_at(self, row: Row) -> bool:
        """Of a photo without a box."""
        if row["state"] == EMPTY:
            return True
        self._assumed = self._options.empty_is_looked_at is None
        return self._options.empty_is_looked_at is not False

    def _size(self, name: str) -> Size | None:
        try:
            key = self._listing.find_picture(name)
        except AmbiguousName:
            return None
        return self._listing.upright_size(key) if key else None

    def _note(self, text: str) -> Problem:
        return Problem("note", self._name, "", text)


def _face(row: Row, scale: Size | None) -> FaceRecord:
    box: Box | None = None
    if row["box"]:
        left, top, width, height = row["box"]
        box = left, top, width, height
        box = in_pixels(box, scale) if scale else box
    state = cast(State, row["state"]) if row["state"] in FACE_STATES else "confirmed"
    return FaceRecord(box, row["label"], state, row["score"], place=row["place"])
