"""What a format is: a reader and a writer behind one protocol."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from labeller.formats.records import FaceRecord, PhotoRecord, Problem, Size


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the person who imports has said about the dataset.

    `classes` are the names of the workbench's classes in its order, `mapping` gives a name of the file one of
    them ("With Mask": "mask"). None asks the reader to find out and to say so in a `note`.
    """

    classes: tuple[str, ...]
    mapping: Mapping[str, str] = field(default_factory=dict)
    voc_base: Literal[0, 1] | None = None
    normalised: bool | None = None
    crops: bool | None = None
    """Of folders: whether pictures are crops of one face rather than whole photos."""
    empty_is_looked_at: bool | None = None
    """Where a format cannot tell: whether a photo without a box was looked at."""


class Listing(Protocol):
    """The files of a dataset that a walk found; nothing outside of it is ever opened."""

    @property
    def root(self) -> Path: ...

    @property
    def files(self) -> Mapping[str, Path]:
        """By path relative to the root, with `/`, in NFC; sorted."""
        ...

    def pictures(self) -> Iterator[str]:
        """The keys of the pictures among the files, sorted."""
        ...

    def find_picture(self, name: str) -> str | None:
        """The key in `files` of the picture that a label file means. Raises AmbiguousName for two."""
        ...

    def upright_size(self, key: str) -> Size | None:
        """Of the picture with this key; None if its header cannot be read."""
        ...


class Reader(Protocol):
    """Reads one dataset, photo by photo, without holding it in memory."""

    def read(self, listing: Listing, options: ReadOptions) -> Iterator[PhotoRecord | Problem]:
        """Raises BadDataset where nothing of it can be used."""
        ...


@dataclass(frozen=True, slots=True)
class ExportedPhoto:
    """A photo to write: its record, its file's name in the export, and what reads the upright picture.

    `record.name` is unique among all photos of the export and has no folder. `record.size` is always there.
    `crop` makes the picture of one face as the trainer sees it, as a PNG; it is there if crops are written.
    """

    record: PhotoRecord
    picture: Callable[[], bytes]
    crop: Callable[[FaceRecord], bytes] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of an export: its path with `/`, and its bytes or the chunks of a large one."""

    path: str
    content: bytes | Iterable[bytes]


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """What to write. `crops`: of folders, a crop a face instead of whole photos."""

    classes: tuple[str, ...]
    crops: bool = False


class Writer(Protocol):
    """Writes one dataset as a sequence of files. Large lists are collected in temporary files, not in
    memory."""

    def add(self, photo: ExportedPhoto) -> Iterator[Entry]:
        """The files of one photo."""
        ...

    def finish(self) -> Iterator[Entry]:
        """The files about all photos, after the last one, the sidecar `second_look.json` among them."""
        ...


@dataclass(frozen=True, slots=True)
class Format:
    """`name` is that of the contract (`--format`), `title` what people read.

    `cannot_carry` says in a few words what is lost in the format itself (the sidecar may still hold it).
    """

    name: str
    title: str
    reader: Callable[[], Reader]
    writer: Callable[[WriteOptions, Path], Writer]
    """The path is a folder for temporary files, which the caller deletes."""
    cannot_carry: tuple[str, ...] = ()
