"""Large archives sent in parts, so that a lost connection costs one part. The sender chooses a key for all.

The files are their own account, as those of photos in parts are.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

from db import disk
from db.base import now
from db.models import Person
from db.settings import settings
from db.storage import blobs
from labeller.errors import BadDataset, ImportTooLarge
from labeller.imports.requests import Upload

PART_BYTES = 8 << 20
"""The most bytes of a part; all but the last have as many."""
KEPT = timedelta(days=1)
"""How long parts wait for the rest."""
FOLDER = "import-part"
_KEY = re.compile(r"[0-9a-f]{32}")


def keep(sender: Person, key: str, number: int, content: bytes) -> list[int]:
    """Store a part; returns the numbers of all that are here.

    Raises BadDataset for an odd key, ImportTooLarge and NoSpace.
    """
    if not _KEY.fullmatch(key):
        raise BadDataset("bad_key", "This is no key of an upload.", "Send 32 hexadecimal digits.")
    if not 0 < len(content) <= PART_BYTES or number * PART_BYTES >= settings().max_import_mb << 20:
        hint = f"A part has at most {PART_BYTES >> 20} MB, and all together {settings().max_import_mb}."
        raise ImportTooLarge("file_too_large", "This part is empty or too large.", hint)
    disk.require_space()
    blobs().put_named(f"{_folder(sender, key)}{number}", content)
    return arrived(sender, key)


def arrived(sender: Person, key: str) -> list[int]:
    """The numbers of the parts that are here."""
    names = blobs().list_named(_folder(sender, key)) if _KEY.fullmatch(key) else {}
    return sorted(int(name.rpartition("/")[2]) for name in names)


def joined(sender: Person, key: str, count: int, name: str) -> Upload:
    """The archive that the parts make up, which is called `name`. Raises BadDataset if one is missing."""
    if arrived(sender, key) != list(range(count)):
        raise BadDataset(
            "upload_incomplete", "Parts of this upload are missing.", "Send them, then try again."
        )
    folder = _folder(sender, key)
    size = sum(bytes_ for _, bytes_, _ in blobs().list_sizes(folder))
    return Upload(name, size, _content(folder, count))


def _content(folder: str, count: int) -> Iterator[bytes]:
    for number in range(count):
        yield blobs().get(f"{folder}{number}")


def delete(sender: Person, key: str) -> None:
    """Delete the parts of what has been received."""
    if _KEY.fullmatch(key):
        blobs().delete_named(_folder(sender, key))


def forget_stale() -> None:
    """Delete the parts of uploads that nobody has continued for KEPT."""
    for name, written_at in blobs().list_named(f"{FOLDER}/").items():
        if written_at < now() - KEPT:
            blobs().delete(name)


def _folder(sender: Person, key: str) -> str:
    return f"{FOLDER}/{sender.id}/{key}/"
