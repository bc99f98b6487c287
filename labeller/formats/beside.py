"""Which picture a label file belongs to, where each photo has one; and the pictures that have none."""

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from db.texts import number_of
from labeller.errors import AmbiguousName
from labeller.formats.names import is_picture
from labeller.formats.protocol import Listing, ReadOptions
from labeller.formats.records import PhotoRecord, Problem


class Pictures:
    """The pictures of a listing by names that may lack their suffix. Remembers which have a label file."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._suffixes = sorted({PurePosixPath(key).suffix for key in self._all()})
        self._label_files: dict[str, str] = {}

    def find(self, name: str) -> str | None:
        """The key of the picture called so, with or without a suffix. Raises AmbiguousName for two."""
        if is_picture(name):
            return self._listing.find_picture(name)
        found = {key for suffix in self._suffixes if (key := self._listing.find_picture(name + suffix))}
        if len(found) > 1:
            raise AmbiguousName(name, sorted(found))
        return next(iter(found), None)

    def claim(self, picture: str, label_file: str) -> str | None:
        """Note that the label file is about the picture. The earlier file about it, if there is one."""
        earlier = self._label_files.setdefault(picture, label_file)
        return None if earlier == label_file else earlier

    def unlabelled(self) -> Iterator[str]:
        """The pictures that no label file is about."""
        return (key for key in self._all() if key not in self._label_files)

    def _all(self) -> Iterator[str]:
        return (key for key in self._listing.files if is_picture(key))


def unlabelled_photos(
    pictures: Pictures, options: ReadOptions, split_of: Callable[[str], str | None]
) -> Iterator[PhotoRecord | Problem]:
    """The photos without a label file: not looked at, unless the person who imports says otherwise."""
    is_looked_at = options.empty_is_looked_at is True
    count = 0
    for key in pictures.unlabelled():
        count += 1
        yield PhotoRecord(key, looked_at=is_looked_at, split=split_of(key))
    if count and options.empty_is_looked_at is None:
        without = number_of(count, "photo has no label file", "photos have no label file")
        yield Problem("note", "", "", f"{without}; taken as not looked at")
