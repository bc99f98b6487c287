"""Long lists of an export in temporary files, so that memory stays flat."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHUNK = 1 << 16


class Spool:
    """Text that is written bit by bit and read once, at the end. `folder` is deleted by who gave it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / name
        self._file = self._path.open("w", encoding="utf-8", newline="")
        self.count = 0
        """Pieces written."""

    def write(self, text: str) -> None:
        self._file.write(text)
        self.count += 1

    def item(self, value: Any) -> None:
        """One item of a JSON list, on a line of its own."""
        self.write(("" if not self.count else ",\n") + compact(value))

    def chunks(self, before: str = "", after: str = "") -> Iterator[bytes]:
        """All that was written, between two texts. Nothing can be written afterwards."""
        self._file.close()
        yield before.encode()
        with self._path.open("rb") as written:
            while chunk := written.read(CHUNK):
                yield chunk
        yield after.encode()
        self._path.unlink()


def compact(value: Any) -> str:
    """JSON without spaces, as it goes into files; whole numbers without a point."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def number(value: float) -> int | float:
    """For a file: a whole number without a point."""
    return int(value) if value == int(value) else value
