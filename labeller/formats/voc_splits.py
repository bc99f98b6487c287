"""Which split a photo of a VOC dataset is in: as the lists in `ImageSets/Main` say."""

import re
from pathlib import PurePosixPath

from labeller.formats.lines import lines
from labeller.formats.names import our_split
from labeller.formats.protocol import Listing

LIST = re.compile(r"(?:^|/)ImageSets/Main/([A-Za-z]+)\.txt$")
LINE = re.compile(r"\s+-?[01]$")
"""What follows a stem in the lists of one class: whether the photo shows that class."""


class Splits:
    """The splits by the name of a photo without folder and suffix."""

    def __init__(self, listing: Listing) -> None:
        self._by_stem: dict[str, str] = {}
        for key in listing.files:
            found = LIST.search(key)
            split = our_split(found[1]) if found and found[1].lower() != "trainval" else None
            if split:
                for _, line in lines(listing.files[key], key):
                    self._by_stem.setdefault(LINE.sub("", line), split)

    def of(self, name: str) -> str | None:
        """The split of a picture or an XML file by its path; None if no list holds it."""
        path = PurePosixPath(name)
        return self._by_stem.get(path.name) or self._by_stem.get(path.stem)
