"""The parts of unfinished uploads, and how much of them one person may have here at once.

The files are their own account: nothing else has to be kept in step with them, and whatever is deleted no
longer counts. Owners have no limit.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from db.base import now
from db.models import Person
from db.settings import settings
from db.storage import blobs
from labeller.errors import TooManyOpen

ABANDONED_AFTER = timedelta(minutes=10)
"""An upload that nobody has continued for so long gives way to a new one: its sender has the photo still."""

Stored = list[tuple[str, int, datetime]]


def keep(sender: Person, name: str, content: bytes) -> int:
    """Store a part, and return how many parts of its upload there are now. Raises TooManyOpen.

    What others store at the same time is seen afterwards at the latest, so that no more is ever kept than is
    allowed.
    """
    stored = _stored_of(sender)
    earlier = {path for path, _, _ in stored}
    others = [part for part in stored if part[0] != name]
    is_limited = sender.role != "owner"
    if is_limited and not _fits([*others, (name, len(content), now())], name):
        raise _too_many()
    blobs().put_named(name, content)
    stored = _stored_of(sender)
    if is_limited and name not in earlier and _are_too_many(stored):
        blobs().delete(name)
        raise _too_many()
    return sum(_upload(path) == _upload(name) for path, _, _ in stored)


def count(sender: Person) -> tuple[int, int]:
    """The person's unfinished uploads, and the bytes of their parts."""
    stored = _stored_of(sender)
    return len({_upload(path) for path, _, _ in stored}), sum(size for _, size, _ in stored)


def most_bytes() -> int:
    """The most bytes of parts that one person may have here: at least one photo and one video."""
    return max(settings().max_open_mb, settings().max_upload_mb, settings().max_clip_mb) << 20


def _stored_of(sender: Person) -> Stored:
    return blobs().list_sizes(f"part/{sender.id}/")


def _upload(name: str) -> str:
    return name.rpartition("/")[0]


def _are_too_many(parts: Iterable[tuple[str, int, datetime]]) -> bool:
    parts = list(parts)
    uploads = {_upload(name) for name, _, _ in parts}
    return len(uploads) > settings().max_open_uploads or sum(size for _, size, _ in parts) > most_bytes()


def _fits(parts: Stored, name: str) -> bool:
    """Whether the parts are not too many, without abandoned uploads other than that of `name`."""
    uploads: dict[str, Stored] = defaultdict(list)
    for part in parts:
        uploads[_upload(part[0])].append(part)
    continued_at = {upload: max(at for _, _, at in parts) for upload, parts in uploads.items()}
    for upload in sorted(uploads, key=lambda one: continued_at[one]):
        if not _are_too_many(part for parts in uploads.values() for part in parts):
            return True
        if upload != _upload(name) and continued_at[upload] < now() - ABANDONED_AFTER:
            for path, _, _ in uploads.pop(upload):
                blobs().delete(path)
    return not _are_too_many(part for parts in uploads.values() for part in parts)


def _too_many() -> TooManyOpen:
    hint = "Nothing is lost: wait until one of them has arrived, then go on."
    return TooManyOpen("quota_reached", "You are sending too many photos at once.", hint)
