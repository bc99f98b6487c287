"""Names of the pictures in an export: flat, unique in whatever case, and as they were if that is known."""

import re
import unicodedata
from pathlib import PurePath

from db.models import Photo

LONGEST = 80
"""Characters of a name without its ending."""
UNSAFE = re.compile(r"[^\w.() -]+")
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""Names that Windows keeps for devices."""
ENDINGS = {b"\x89PNG": "png", b"RIFF": "webp"}
HASH_CHARACTERS = 8


class FileNames:
    """Gives each photo its name, once, in the order in which they are asked for."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def name(self, photo: Photo, ending: str) -> str:
        """The stem of the file it was imported from, else `photo-ID`; with the hash if it is taken.

        Stems are unique, too: formats with a text file for each picture name that after the stem.
        """
        stem = original_stem(photo)
        if self._is_taken(stem):
            stem = f"{stem}-{photo.blob[:HASH_CHARACTERS]}"
            if self._is_taken(stem):  # the same picture of two people
                stem = f"{stem}-{photo.id}"
        self._taken.add(stem.casefold())
        return f"{stem}.{ending}"

    def _is_taken(self, stem: str) -> bool:
        return stem.casefold() in self._taken


def original_stem(photo: Photo) -> str:
    """The stem of the imported file's name, without what some file system would refuse."""
    name = PurePath(photo.import_path or "").stem
    stem = UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip(" .")[:LONGEST].strip(" .")
    if not stem or stem.startswith("-") or RESERVED.fullmatch(stem):
        return f"photo-{photo.id}"
    return stem


def ending_of(head: bytes) -> str:
    """The ending for a stored picture that begins with these bytes."""
    return ENDINGS.get(head[:4], "jpg")
