"""Which picture a label file means.

Its names are keys to compare with; no path of theirs is joined or opened.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote

from labeller.errors import AmbiguousName
from labeller.formats.names import comparable, nfc, shown

NAMED = 5
"""Candidates that a message names."""
_PREFIX = re.compile(r"^[0-9a-f]{8}-(?=.)")
"""What Label Studio puts before the name of an upload."""
_QUERY = re.compile(r"^.*?[?&]d=([^&]*).*$", re.DOTALL)
"""Label Studio's address of a local file: /data/local-files/?d=folder/name.jpg."""
_DRIVE = re.compile(r"^[A-Za-z]:(?=/)")
Alike = Callable[[str], str]


class PictureNames:
    """Pictures by name. Takes about 200 bytes a picture."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = set(keys)
        self._by_last: dict[str, list[str]] = {}
        for key in sorted(self._keys):
            self._by_last.setdefault(comparable(_last(key)), []).append(key)
        self._tails: dict[tuple[str, Alike], dict[str, list[str]]] = {}

    def find(self, name: str) -> str | None:
        """The key of the picture: by whole path, by the longest tail, without a tool's prefix, in this order.

        Case counts unless the picture is the only one without it. Raises AmbiguousName for two.
        """
        for path in _readings(name):
            if path in self._keys:
                return path
            if found := self._by_tail(path):
                return found
        return None

    def _by_tail(self, path: str) -> str | None:
        last = comparable(_last(path))
        if last not in self._by_last:
            return None
        for alike in (nfc, comparable):
            tails = self._tails_of(last, alike)
            found = next((tails[tail] for tail in _tails(alike(path)) if tail in tails), None)
            if found and len(found) > 1:
                raise AmbiguousName(shown(path), [shown(key) for key in found[:NAMED]])
            if found:
                return found[0]
        return None

    def _tails_of(self, last: str, alike: Alike) -> dict[str, list[str]]:
        """Of the keys with this last part, those that end in each tail; kept, as many photos may be called
        so."""
        tails = self._tails.get((last, alike))
        if tails is None:
            tails = {}
            for key in self._by_last[last]:
                for tail in _tails(alike(key)):
                    tails.setdefault(tail, []).append(key)
            if len(self._by_last[last]) > 1:
                self._tails[last, alike] = tails
        return tails


def is_tail(name: str, key: str) -> bool:
    """Whether the picture lies where the name says, in whatever folder."""
    return f"/{comparable(key)}".endswith(f"/{comparable(_plain(name))}")


def _tails(path: str) -> Iterator[str]:
    """The path, and what is left of it without its first folders, down to the last part."""
    yield path
    while "/" in path:
        path = path.partition("/")[2]
        yield path


def _readings(name: str) -> Iterator[str]:
    """The name as it stands, then as Label Studio may have written it; each relative, with `/`, no `..`."""
    seen: set[str] = set()
    for text in (name, *_decoded(name)):
        for path in (_plain(text), _without_prefix(_plain(text))):
            if path and path not in seen:
                seen.add(path)
                yield path


def _decoded(name: str) -> Iterator[str]:
    query = _QUERY.match(name)
    if query:
        yield unquote(query[1])
    yield unquote(name)


def _plain(name: str) -> str:
    path = _DRIVE.sub("", nfc(name.strip()).replace("\\", "/"))
    return "/".join(part for part in path.split("/") if part not in {"", ".", ".."})


def _without_prefix(path: str) -> str:
    folder, slash, last = path.rpartition("/")
    return folder + slash + _PREFIX.sub("", last)


def _last(path: str) -> str:
    return path.rpartition("/")[2]
