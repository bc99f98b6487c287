"""Files of lines while an archive is written: temporary ones, which are gone once they have been read."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from labeller.archive.layout import Rows

CHUNK = 1 << 16


class LinesFile:
    """A file of lines while it is written."""

    def __init__(self, folder: Path, rows: Rows) -> None:
        self.rows, self.count, self.digest = rows, 0, hashlib.sha256()
        self._file = (folder / f"{rows.table}.jsonl").open("wb")

    def add(self, line: str) -> None:
        data = f"{line}\n".encode()
        self._file.write(data)
        self.digest.update(data)
        self.count += 1

    def close(self) -> Path:
        self._file.close()
        return Path(self._file.name)


def chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
    path.unlink()
