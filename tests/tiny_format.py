"""A format that holds everything as it is, for tests of what is around the formats."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from labeller.exports import known_formats
from labeller.formats import formats
from labeller.formats.protocol import Entry, ExportedPhoto, Format, Reader, WriteOptions


class TinyWriter:
    """`pictures/NAME` for each photo, or `crops/STEM-N.png`, and the records of all in `records.json`."""

    def __init__(self, options: WriteOptions, scratch: Path) -> None:
        assert list(scratch.iterdir()) == []
        self._options, self._lines = options, scratch / "lines"
        self._lines.touch()

    def add(self, photo: ExportedPhoto) -> Iterator[Entry]:
        with self._lines.open("a") as file:
            file.write(json.dumps(asdict(photo.record) | {"classes": self._options.classes}) + "\n")
        if not self._options.crops:
            yield Entry(f"pictures/{photo.record.name}", photo.picture())
            return
        assert photo.crop is not None
        for number, face in enumerate(photo.record.faces, 1):
            yield Entry(f"crops/{photo.record.name.partition('.')[0]}-{number}.png", photo.crop(face))

    def finish(self) -> Iterator[Entry]:
        lines = self._lines.read_text().splitlines()
        yield Entry("records.json", (line.encode() + b"\n" for line in lines))


def _no_reader() -> Reader:
    raise NotImplementedError


TINY = Format("tiny", "Tiny", _no_reader, TinyWriter, ("answers",))


def use_tiny(patch: pytest.MonkeyPatch) -> None:
    """Offer the format `tiny`, which can also hold crops."""
    patch.setitem(formats._BY_NAME, "tiny", TINY)
    patch.setattr(known_formats, "CROPPING", ("folders", "tiny"))


def records(lines: bytes | str) -> dict[str, dict[str, Any]]:
    """By name, the records in a `records.json`."""
    return {record["name"]: record for record in map(json.loads, lines.splitlines())}
