"""Folders: reading. The class of a photo is the folder that it lies in; splits may stand above the
classes."""

from collections.abc import Iterator, Sequence

from labeller.errors import BadDataset
from labeller.formats.checked import Found, checked
from labeller.formats.class_names import ClassNames
from labeller.formats.names import comparable, file_name, our_split
from labeller.formats.protocol import Listing, ReadOptions
from labeller.formats.records import Box, FaceRecord, PhotoRecord, Problem, Size

UNLABELLED = frozenset({"unlabelled", "unlabeled"})
MARGIN = 0.1
"""Share of the box on each side that a crop as the trainer sees it has around the face."""


class FoldersReader:
    """`mask/`, `nomask/`, `unlabelled/`: whole photos of one face, or crops of faces."""

    def read(self, listing: Listing, options: ReadOptions) -> Iterator[Found]:
        return checked(_photos(listing, options), listing, options)


def _photos(listing: Listing, options: ReadOptions) -> Iterator[Found]:
    keys = list(listing.pictures())
    if not keys:
        raise BadDataset("no_photos", "There are no photos in this folder.")
    folders = _Folders(keys, options)
    if options.crops is None:
        yield Problem("note", "", "", "the pictures were taken as whole photos, and not as crops of faces")
    for key in keys:
        split, label = folders.of(key)
        box = _inside(listing.upright_size(key)) if options.crops else None
        faces = (FaceRecord(box, label),) if label else ()
        yield PhotoRecord(key, faces, looked_at=bool(label), split=split)


class _Folders:
    """What the folders of a picture say of it."""

    def __init__(self, keys: Sequence[str], options: ReadOptions) -> None:
        self._names = ClassNames(options)
        self._written = {comparable(file_name(name)): name for name in options.classes}
        """The classes as we write them, whose names may hold what no folder's name can."""
        self._above = self._common(keys[0], keys[-1])

    def of(self, key: str) -> tuple[str | None, str | None]:
        """The split and the class, as they stand there; None where there is none."""
        folders = key.split("/")[self._above : -1]
        split = our_split(folders[0]) if folders and not self._names.find(folders[0]) else None
        name = next(iter(folders[1:] if split else folders), None)
        if name is None or name.casefold() in UNLABELLED:
            return split, None
        return split, self._written.get(comparable(name), name)

    def _common(self, first: str, last: str) -> int:
        """How many folders stand above all pictures and say nothing: an archive often has one of its own."""
        one, other = first.split("/")[:-1], last.split("/")[:-1]
        most = min(len(one), len(other)) - 1
        for above in range(max(0, most)):
            folder = one[above]
            known = our_split(folder) or self._names.find(folder) or folder.casefold() in UNLABELLED
            if known or folder != other[above]:
                return above
        return max(0, most)


def _inside(size: Size | None) -> Box | None:
    """The face's box in a crop; the margin that was cut off at an edge of the photo is not known."""
    if size is None:
        return None
    width, height = (side / (1 + 2 * MARGIN) for side in size)
    return width * MARGIN, height * MARGIN, width, height
