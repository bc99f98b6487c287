"""Files that are there whole or not at all."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO


@contextlib.contextmanager
def stored_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file to write, which takes the name `path` once the block has ended without an error."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
