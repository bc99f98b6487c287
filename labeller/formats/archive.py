"""Our own archive among the formats; as it holds more than photos, `labeller.archive` reads and writes it."""

from typing import NoReturn

from labeller.formats.protocol import Format, Listing

SIGNS = ("archive.json", "rows/photo.jsonl")
"""Files by which one is known, even if it is damaged."""


def _not_photo_by_photo(*_: object) -> NoReturn:
    raise TypeError("an archive is not read or written photo by photo")


ARCHIVE = Format(
    "archive",
    "Second Look archive",
    _not_photo_by_photo,
    _not_photo_by_photo,
    ("trained models", "ways to sign in", "the audit trail"),
)


def is_archive(listing: Listing) -> bool:
    return any(name in listing.files for name in SIGNS)
