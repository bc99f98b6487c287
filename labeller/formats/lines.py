"""Label files of lines, which may be empty."""

from collections.abc import Iterator
from pathlib import Path

from labeller.formats.text import open_text


def lines(path: Path, name: str) -> Iterator[tuple[int, str]]:
    """Number and text of each line that is not blank, without spaces around it. Raises BadDataset."""
    if path.stat().st_size:
        with open_text(path, name) as file:
            for number, line in enumerate(file, 1):
                if text := line.strip():
                    yield number, text
