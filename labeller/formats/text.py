"""Text files as they come: UTF-8 with and without a mark, UTF-16, line ends of any kind."""

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import yaml

from labeller.errors import BadDataset
from labeller.formats.names import shown

SMALL = 4 << 20
"""Bytes of a file that is read whole: a list of names, a description of a dataset."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def bad_file(name: str, problem: str, hint: str = "") -> BadDataset:
    """The error for a label file of which nothing can be used."""
    return BadDataset(
        "bad_dataset", f"{shown(name)} {problem}.", hint or "Nothing was imported. Export it again."
    )


def not_text(name: str, error: UnicodeError) -> BadDataset:
    at = f" (byte {error.start})" if isinstance(error, UnicodeDecodeError) else ""
    return bad_file(name, f"is no UTF-8{at}", "Save it as UTF-8.")


@contextmanager
def open_text(path: Path, name: str) -> Iterator[TextIO]:
    """The text of a file, line ends left as they are. Raises BadDataset if it is empty or no text.

    `name` is what messages call the file: its path in the dataset.
    """
    with open_bytes(path, name) as data:
        encoding = _encoding(data)
        with io.TextIOWrapper(data, encoding, newline="") as text:
            try:
                yield text
            except UnicodeError as error:
                raise not_text(name, error) from None


@contextmanager
def open_bytes(path: Path, name: str) -> Iterator[BinaryIO]:
    """A file of the dataset. Raises BadDataset if it is empty or cannot be read."""
    try:
        data = path.open("rb")
    except OSError as error:
        raise bad_file(name, f"cannot be read: {error.strerror}") from None
    with data:
        if not data.read(1):
            raise bad_file(name, "is empty")
        data.seek(0)
        yield data


def read_text(path: Path, name: str) -> str:
    """A small text file whole, with LF as line ends. Raises BadDataset."""
    if path.stat().st_size > SMALL:
        raise bad_file(name, "is too large for such a file")
    with open_text(path, name) as file:
        text = file.read()
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_yaml(path: Path, name: str) -> Any:
    """A small YAML file of plain values. Raises BadDataset."""
    try:
        return yaml.safe_load(read_text(path, name))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        raise bad_file(name, f"is no YAML{place}") from None


def _encoding(data: BinaryIO) -> str:
    start = data.read(4)
    data.seek(0)
    return next((encoding for mark, encoding in _MARKS if start.startswith(mark)), "utf-8")
