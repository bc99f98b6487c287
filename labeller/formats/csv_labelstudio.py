"""The CSV of Label Studio: a row a photo, all its boxes as JSON in one cell, in percent of the upright
photo."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from labeller.errors import AmbiguousName
from labeller.formats.names import shown
from labeller.formats.protocol import Listing
from labeller.formats.records import FaceRecord, PhotoRecord, Problem
from labeller.formats.turned import turn
from labeller.formats.values import BadBox, as_number, as_size, enclosing, in_pixels


def boxes_in_a_cell(header: str) -> bool:
    """Whether a file with this first line is Label Studio's."""
    return {"annotation_id", "annotator"} <= {name.strip('"\ufeff ') for name in header.split(",")}


def photos_of_label_studio(
    listing: Listing, file: str, header: str, text: Iterator[str]
) -> Iterator[PhotoRecord | Problem]:
    """Raises csv.Error. Which columns hold the picture and the boxes depends on the project."""
    names = next(csv.reader([header]), [])
    rows = csv.reader(text, strict=True)
    for cells in rows:
        place = f"line {rows.line_num + 1}"
        row = dict(zip(names, cells, strict=False))
        name = _picture(listing, row)
        if len(cells) != len(names) or name is None:
            message = "names no picture that is there" if len(cells) == len(names) else "is cut off"
            yield Problem("skipped", file, place, f"{message}; left out")
            continue
        faces: list[FaceRecord] = []
        problems = list(_faces(row, place, faces))
        yield from (Problem(remark, file, place, f"“{shown(name)}” {said}") for remark, said in problems)
        done = bool(row.get("annotation_id")) and not any(remark == "skipped" for remark, _ in problems)
        yield PhotoRecord(name, tuple(faces), looked_at=done, file=file, place=place)


def _picture(listing: Listing, row: dict[str, str]) -> str | None:
    cells = [row.get("image", ""), *row.values()]
    for cell in cells:
        try:
            if cell and len(cell) < 1000 and listing.find_picture(cell):
                return cell
        except AmbiguousName:
            return cell
    return row.get("image") or None


def _faces(row: dict[str, str], place: str, faces: list[FaceRecord]) -> Iterator[Any]:
    """Fills `faces`; yields the remark and the words for each box that was changed or left out."""
    for cell in row.values():
        if not cell.startswith("[{"):
            continue
        try:
            regions = json.loads(cell)
        except (ValueError, RecursionError):
            yield "skipped", "has boxes that are no JSON; left out"
            continue
        for at, region in enumerate(regions, 1):
            try:
                face, angle = _face(region, f"{place}, box {at}")
            except BadBox as error:
                yield "skipped", f"{error} (box {at})"
                continue
            faces.append(face)
            if angle:
                yield (
                    "changed",
                    f"has a box turned by {angle:g} degrees, of which the enclosing one was taken",
                )


def _face(region: Any, place: str) -> tuple[FaceRecord, float]:
    """The face and the angle of its box. Raises BadBox."""
    labels = region.get("rectanglelabels") if isinstance(region, dict) else None
    if not isinstance(labels, list) or not labels or not isinstance(labels[0], str):
        raise BadBox("has a region that is no labelled box; left out")
    size = as_size(region.get("original_width"), region.get("original_height"))
    if size is None:
        raise BadBox("has a box in percent of a picture without size; left out")
    left, top, width, height = (as_number(region.get(side)) / 100 for side in ("x", "y", "width", "height"))
    angle = as_number(region.get("rotation", 0))
    box = in_pixels((left, top, width, height), size)
    return FaceRecord(enclosing(turn(box, angle, box[:2])) if angle else box, labels[0], place=place), angle
