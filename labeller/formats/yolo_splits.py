"""Which split a photo of a YOLO dataset is in: by the folders or lists that are stated, or by their names."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from labeller.errors import AmbiguousName
from labeller.formats.lines import lines
from labeller.formats.names import nfc, our_split
from labeller.formats.protocol import Listing


class Splits:
    """`lists` are the keys of files that hold names of photos rather than labels."""

    def __init__(self, listing: Listing, yaml_file: str, stated: Mapping[str, Any]) -> None:
        self._listing = listing
        self._base = yaml_file.rpartition("/")[0]
        self._all_folders = {folder for key in listing.files for folder in _parents(key)}
        self._folders: dict[str, str] = {}
        self._listed: dict[str, str] = {}
        self.lists: set[str] = set()
        for word, value in (stated or self._unstated()).items():
            split = our_split(str(word))
            for one in value if isinstance(value, list) else [value]:
                if split and isinstance(one, str):
                    self._take(split, one)

    def of(self, picture: str) -> str | None:
        """The split of a picture by its key in the listing; None if nothing tells."""
        if picture in self._listed:
            return self._listed[picture]
        for folder in _parents(picture):
            if folder in self._folders:
                return self._folders[folder]
        found = (our_split(part) for part in reversed(picture.split("/")[:-1]))
        return next((split for split in found if split), None)

    def _unstated(self) -> dict[str, str]:
        """What obj.data says, or else the lists that are called as splits."""
        for key in self._listing.files:
            if key.endswith("obj.data"):
                pairs = (line.partition("=") for _, line in lines(self._listing.files[key], key))
                return {word.strip(): value.strip() for word, _, value in pairs}
        lists = (key for key in self._listing.files if key.endswith(".txt") and "labels/" not in key)
        return {key.rpartition("/")[2][: -len(".txt")]: key for key in lists}

    def _take(self, split: str, value: str) -> None:
        """Note a folder or a list of photos as of the split; the first split of a photo counts."""
        if not value.endswith(".txt"):
            folder = self._found(value, self._all_folders)
            if folder is not None:
                self._folders.setdefault(folder, split)
            return
        key = self._found(value, self._listing.files)
        if key is not None:
            self.lists.add(key)
            for _, line in lines(self._listing.files[key], key):
                if picture := self._picture(line):
                    self._listed.setdefault(picture, split)

    def _picture(self, name: str) -> str | None:
        try:
            return self._listing.find_picture(name)
        except AmbiguousName:
            return None

    def _found(self, value: str, among: Collection[str]) -> str | None:
        """What a path means: beside data.yaml, or else its longest end that is there."""
        parts = [part for part in nfc(value).replace("\\", "/").split("/") if part not in ("", ".", "..")]
        tails = ["/".join(parts[start:]) for start in range(len(parts))]
        beside = [f"{self._base}/{tail}" for tail in tails] if self._base else []
        return next((path for path in [*beside, *tails] if path in among), None)


def _parents(path: str) -> Iterator[str]:
    """The folders above, the nearest first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
