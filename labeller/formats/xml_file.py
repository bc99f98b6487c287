"""XML of strangers: no document type, so neither entities that grow nor such that name a file."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from labeller.errors import BadDataset
from labeller.formats.text import bad_file, not_text, open_bytes

UNFINISHED = frozenset({3, 5})
"""Codes of the parser for a file that ends too early: no element found, unclosed token."""


def elements(path: Path, name: str) -> Iterator[tuple[str, Element]]:
    """("start" | "end", element) of each element, as in `iterparse`; clear those that are used up.

    Raises BadDataset for a file that is empty, no XML, or has a document type.
    """
    with open_bytes(path, name) as data:
        try:
            yield from iterparse(data, events=("start", "end"), forbid_dtd=True)
        except ParseError as error:
            raise _broken(error, name, path.stat().st_size) from None
        except DefusedXmlException:
            raise bad_file(name, "has a DOCTYPE, which may harm; refused", "Take the DOCTYPE out.") from None
        except UnicodeError as error:
            raise not_text(name, error) from None
        except (LookupError, ValueError):
            raise bad_file(name, "names an encoding that does not exist") from None


def root(path: Path, name: str) -> Element:
    """The whole tree of a small file. Raises BadDataset as `elements` does."""
    first: Element | None = None
    for _, element in elements(path, name):
        first = element if first is None else first
    if first is None:
        raise bad_file(name, "is empty")
    return first


def _broken(error: ParseError, name: str, size: int) -> BadDataset:
    line, column = error.position
    if error.code in UNFINISHED:
        return bad_file(name, f"ends in the middle (byte {size})")
    return bad_file(name, f"is no XML (line {line}, column {column + 1})")
