"""Which picture a label file means. Its names are keys to compare with; no path of theirs is joined or
opened."""

import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import unquote

from labeller.errors import AmbiguousName
from labeller.formats.names import comparable, nfc, shown

_PREFIX = re.compile(r"^[0-9a-f]{8}-(?=.)")
"""What Label Studio puts before the name of an upload."""
_QUERY = re.compile(r"^.*?[?&]d=([^&]*).*$", re.DOTALL)
"""Label Studio's address of a local file: /data/local-files/?d=folder/name.jpg."""
_DRIVE = re.compile(r"^[A-Za-z]:(?=/)")


class PictureNames:
    """Pictures by name. Takes about 200 bytes a picture."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = set(keys)
        self._by_last: dict[str, list[str]] = {}
        for key in sorted(self._keys):
            self._by_last.setdefault(comparable(_last(key)), []).append(key)

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
        candidates = self._by_last.get(comparable(_last(path)), [])
        for alike in (nfc, comparable):
            if found := _longest_tail(path, candidates, alike):
                if len(found) > 1:
                    raise AmbiguousName(shown(path), [shown(key) for key in found])
                return found[0]
        return None


def _longest_tail(path: str, keys: list[str], alike: Callable[[str], str]) -> list[str]:
    """Of the keys whose last part is that of the path, those that share the most parts with it from the
    end."""
    wanted = alike(path).split("/")[::-1]
    best: list[str] = []
    most = 0
    for key in keys:
        parts = alike(key).split("/")[::-1]
        pairs = enumerate(zip(wanted, parts, strict=False))
        shared = next((at for at, (one, other) in pairs if one != other), min(len(wanted), len(parts)))
        if shared > most:
            best, most = [key], shared
        elif shared and shared == most:
            best.append(key)
    return best


def _readings(name: str) -> Iterator[str]:
    """The name as it stands, then as Label Studio may have written it; each with `/`, relative, without
    `..`."""
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
