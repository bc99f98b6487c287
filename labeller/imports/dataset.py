"""Opening a dataset, wherever it is: a folder, an archive, or a label file with its pictures beside it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from db.settings import settings
from labeller.errors import BadDataset
from labeller.formats import formats
from labeller.formats.detect import detect_format
from labeller.formats.listing import FolderListing
from labeller.formats.names import comparable, is_picture, nfc, our_split, passed_over
from labeller.formats.protocol import Format, ReadOptions
from labeller.formats.records import PhotoRecord, Problem
from labeller.formats.walk import walk
from labeller.imports import archives
from labeller.imports.options import read_options
from labeller.imports.unpack import unpack
from labeller.imports.workspace import workspace

LABEL_FILES = (".json", ".xml", ".csv", ".tsv", ".txt", ".yaml", ".yml")
OnShare = Callable[[float], None]


@dataclass(frozen=True)
class Wanted:
    """What is to be imported: `format` is None to find it out, `options` as in `labeller.imports.options`."""

    path: Path
    format: str | None
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Dataset:
    """A dataset whose files are there, and how it is read."""

    format: Format
    listing: FolderListing
    options: ReadOptions

    def records(self) -> Iterator[PhotoRecord | Problem]:
        """All of it, in the same order each time. Raises BadDataset."""
        yield from self.listing.problems
        yield from self.format.reader().read(self.listing, self.options)


@contextmanager
def opened(session: Session, wanted: Wanted, on_share: OnShare) -> Iterator[Dataset]:
    """The dataset; `on_share` is called with the share that is unpacked.

    Raises BadDataset, BadAnswer for an option with an unknown class, NoSpace, and what `on_share` raises.
    """
    options = read_options(session, wanted.options)
    session.rollback()  # nothing of the database is needed while files are read
    if wanted.path.is_dir():
        yield _read(walk(wanted.path), wanted, options)
    elif archives.is_archive(wanted.path):
        with workspace() as folder:
            unpack(wanted.path, folder, settings().max_import_mb << 20, on_share)
            yield _read(walk(_inner(folder, options.classes)), wanted, options)
    elif wanted.path.suffix.lower() in LABEL_FILES:
        beside = walk(wanted.path.parent)
        yield _read(beside.with_label_file(nfc(wanted.path.name)), wanted, options)
    else:
        hint = "A folder, a zip, a tar, or a label file with its pictures beside it."
        raise BadDataset("no_dataset", f"{wanted.path.name} is no dataset that can be read.", hint)


def _read(listing: FolderListing, wanted: Wanted, options: ReadOptions) -> Dataset:
    format = formats.by_name(wanted.format) if wanted.format else detect_format(listing)
    return Dataset(format, listing, options)


def _inner(folder: Path, classes: tuple[str, ...]) -> Path:
    """The folder that everything is in: archives often hold one folder around it all."""
    known = {comparable(name) for name in classes}
    while True:
        inside = [one for one in folder.iterdir() if not passed_over(one.name)]
        if len(inside) != 1 or not inside[0].is_dir():
            return folder
        only = inside[0]
        means_something = comparable(only.name) in known or our_split(only.name) is not None
        holds_pictures_alone = all(one.is_file() and is_picture(one.name) for one in only.iterdir())
        if means_something or holds_pictures_alone:
            return folder
        folder = only
