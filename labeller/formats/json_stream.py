"""JSON of any length, item by item. NaN and Infinity are no JSON, and neither is nesting without end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import ijson
from ijson.common import JSONError

from labeller.errors import BadDataset
from labeller.formats.text import bad_file, open_text

DEEPEST = 100
"""Levels of nesting; the parser's memory grows with the square of them."""
CHUNK = 1 << 16
_ESCAPE = re.compile(r"\\.", re.DOTALL)
_STRUCTURE = re.compile(r"[^\[\]{}]+")
_LONG_NUMBER = re.compile(r"\d{400}|[eE][+-]?\d{6}")
"""What no file of labels needs, and what ends the process: the parser does not check whether Python takes
it."""
_NUMBER_END = re.compile(r"[-+.\deE]*\Z")
_CARET = 40
"""Column of the mark in the parser's message; what stands left of it in the line above was read."""


def items(path: Path, name: str, prefix: str) -> Iterator[Any]:
    """Each value at a prefix ("annotations.item"); reads the file to its end. Raises BadDataset.

    Whole numbers may have any length; others are Decimals.
    """
    with _opened(path, name) as source:
        yield from ijson.items(source, prefix)


def members(path: Path, name: str, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Each key and value of an object, one member at a time. Raises BadDataset."""
    with _opened(path, name) as source:
        yield from ijson.kvitems(source, prefix)


def shape(path: Path, name: str) -> tuple[str, frozenset[str]]:
    """What the file is: "list" or "object", and the keys of the object or of the list's first object.

    Reads an object to its end, of a list only the beginning. Raises BadDataset.
    """
    with _opened(path, name) as source:
        kind, keys, depth = "", set(), 0
        for event, value in ijson.basic_parse(source):
            kind = kind or {"start_array": "list", "start_map": "object"}.get(event, event)
            if event == "map_key":
                if depth == 1 or (depth == 2 and kind == "list"):
                    keys.add(value)
            elif event in {"start_map", "start_array"}:
                depth += 1
            elif event in {"end_map", "end_array"}:
                depth -= 1
                if kind == "list" and depth == 1:
                    break
        return kind, frozenset(keys)


@contextmanager
def _opened(path: Path, name: str) -> Iterator["_Source"]:
    with open_text(path, name) as text:
        source = _Source(text, name)
        try:
            yield source
        except (JSONError, ValueError, RecursionError) as error:
            if isinstance(error, UnicodeError):
                raise
            raise source.error(str(error)) from None


class _Source:
    """What the parser reads: UTF-8 of whatever the file is written in, watched for depth and place."""

    def __init__(self, text: TextIO, name: str) -> None:
        self._text, self._name = text, name
        self._depth, self._in_string, self._escaped = 0, False, False
        self._number = ""
        self._read = 0
        self._last = b""

    def read(self, size: int = CHUNK) -> bytes:
        chunk = self._text.read(size)
        self._watch(chunk)
        data = chunk.encode("utf-8", "surrogatepass")
        self._last = (self._last[-200:] + data) if data else self._last
        self._read += len(data)
        return data

    def _watch(self, chunk: str) -> None:
        """Follow strings and nesting. Raises BadDataset beyond DEEPEST, and for endless numbers."""
        if self._escaped:
            chunk = chunk[1:]
        plain = _ESCAPE.sub("", chunk) if "\\" in chunk else chunk
        self._escaped = plain.endswith("\\")
        parts = plain.split('"')
        outside = '"'.join(parts[1 if self._in_string else 0 :: 2])
        self._in_string ^= len(parts) % 2 == 0
        if _LONG_NUMBER.search(self._number + outside):
            raise bad_file(self._name, "has a number of endless length")
        end = _NUMBER_END.search(outside[-500:])
        self._number = end[0] if end else ""
        for sign in _STRUCTURE.sub("", outside):
            self._depth += 1 if sign in "[{" else -1
            if self._depth > DEEPEST:
                raise bad_file(self._name, f"is nested more than {DEEPEST} levels deep")

    def error(self, text: str) -> BadDataset:
        """What the parser's message means."""
        if "premature EOF" in text:
            return bad_file(self._name, f"ends in the middle (byte {self._read})", "Nothing was imported.")
        return bad_file(self._name, f"is no JSON near byte {self._place(text)}{_quoted(text)}")

    def _place(self, text: str) -> int:
        """Where the parser stopped, by the excerpt in its message; how far was read if that is not found."""
        lines = text.split("\n")
        if len(lines) < 3 or not lines[2].endswith("^"):
            return self._read
        before, after = lines[1][:_CARET].lstrip().encode(), lines[1][_CARET:].encode()
        data = self._last.replace(b"\n", b" ").replace(b"\r", b" ")
        found = data.rfind(before + after)
        return self._read - len(data) + found + len(before) if found >= 0 else self._read


def _quoted(text: str) -> str:
    """The word at which the parser stopped, if it is one that is no JSON although Python writes it."""
    found = re.search(r"-?(NaN|Infinity)", text)
    return f": {found[0]} is no number in JSON" if found else ""
