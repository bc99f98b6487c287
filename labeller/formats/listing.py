"""The files that a walk found, and the pictures among them by name."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from pathlib import Path

from labeller.formats.lookup import PictureNames
from labeller.formats.names import is_picture, suffix
from labeller.formats.records import Problem, Size

SIDECAR = "second_look.json"
Measure = Callable[[Path], Size | None]


class Files(Mapping[str, Path]):
    """Files below a root by key, sorted. Keeps text, as 200,000 paths would be large."""

    def __init__(self, root: Path, names: Mapping[str, str]) -> None:
        self.root = root
        self._names = {key: names[key] for key in sorted(names)}
        """The name on the disk of each, whose accents may be decomposed."""

    def __getitem__(self, key: str) -> Path:
        return self.root / self._names[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def only(self, keys: Iterator[str]) -> "Files":
        return Files(self.root, {key: self._names[key] for key in keys})


class FolderListing:
    """The files of a folder; see `protocol.Listing`. `problems`: what was passed over or cannot be used."""

    def __init__(self, files: Files, problems: tuple[Problem, ...], measure: Measure) -> None:
        self.root, self.files, self.problems = files.root, files, problems
        self._measure = measure
        self._size = lru_cache(maxsize=256)(lambda key: measure(files[key]))

    def upright_size(self, key: str) -> Size | None:
        """Of the picture with this key; None if its header cannot be read."""
        return self._size(key)

    def pictures(self) -> Iterator[str]:
        """The keys of the pictures among the files, sorted."""
        return (key for key in self.files if is_picture(key))

    def find_picture(self, name: str) -> str | None:
        """The key of the picture that a label file means. Raises AmbiguousName for two."""
        return self._names.find(name)

    @cached_property
    def _names(self) -> PictureNames:
        return PictureNames(self.pictures())

    def with_label_file(self, key: str) -> "FolderListing":
        """Without the other files of that file's kind: for when one label file of several is meant."""
        kind = suffix(key)
        kept = (one for one in self.files if suffix(one) != kind or one == key or one.endswith(SIDECAR))
        return FolderListing(self.files.only(kept), self.problems, self._measure)
