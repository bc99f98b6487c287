"""Photos sent in parts, so that a lost connection costs one part and nothing is sent twice."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from db.base import now
from db.errors import NoSpace, Refused, Unavailable
from db.models import Person
from db.settings import settings
from db.storage import blobs
from labeller.errors import BadPhoto, Damaged, PhotoTooLarge
from labeller.uploads import intake, open_uploads, quotas

PART_BYTES = 1 << 20
KEPT = timedelta(days=2)
"""How long parts wait for the rest. After that the phone sends the whole photo again."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Part:
    """Part `number` of `count`: the `number`-th PART_BYTES of the file whose SHA-256 is `digest`."""

    digest: str
    number: int
    count: int
    content: bytes


def arrived(
    session: Session, sender: Person, digests: Sequence[str]
) -> dict[str, tuple[int | None, list[int]]]:
    """By SHA-256: photo id (None: incomplete) and numbers of the stored parts. Unknown files are left out."""
    parts = defaultdict(list)
    for name in blobs().list_named(f"part/{sender.id}/"):
        _, _, digest, number = name.split("/")
        parts[digest].append(int(number))
    states = {}
    for digest in digests:
        photo = intake.find_photo(session, digest, sender, sender if sender.role == "friend" else None)
        if photo is not None and photo.status == "failed":
            photo = None  # sent again, it is looked at again
        if photo is not None or digest in parts:
            states[digest] = (photo.id if photo else None, sorted(parts[digest]))
    return states


def take_part(session: Session, sender: Person, person: Person | None, part: Part) -> intake.Received | None:
    """Store one part and, once all are there, receive the photo; None while parts are missing.

    The parts of a photo that was received stay until `delete_parts`, after the commit. `person` is who is in
    the photo. Raises BadPhoto, PhotoTooLarge, Damaged, QuotaReached, TooManyOpen, NoSpace and Unavailable.
    """
    _check(part)
    folder = _folder(sender, part.digest)
    photo = intake.find_photo(session, part.digest, sender, person)
    if photo is not None and photo.status != "failed":
        return intake.Received(photo, created=False)
    quotas.require_room(session, sender, len(part.content))
    if open_uploads.keep(sender, f"{folder}{part.number}", part.content) < part.count:
        return None
    try:
        content = _joined(folder, part)
    except Damaged:
        photo = intake.find_photo(session, part.digest, sender, person)
        if photo is None:
            blobs().delete_named(folder)
            raise
        return intake.Received(photo, created=False)  # a second tab sent the same file and was faster
    try:
        return intake.receive(session, content, uploaded_by=sender, person=person)
    except (NoSpace, Unavailable):  # the last part is sent again in a moment
        raise
    except Refused:  # sending the same file again would not help: keep nothing of it
        blobs().delete_named(folder)
        raise


def delete_parts(sender: Person, digest: str) -> None:
    """Delete the parts of a photo that has been received."""
    blobs().delete_named(_folder(sender, digest))


def forget_stale() -> None:
    """Delete the parts of uploads that nobody has continued for KEPT."""
    for name, written in blobs().list_named("part/").items():
        if written < now() - KEPT:
            blobs().delete(name)


def _check(part: Part) -> None:
    if not _DIGEST.fullmatch(part.digest) or not 0 <= part.number < part.count:
        raise BadPhoto("bad_part", "This is no part of a photo.", "See /api/v1/docs for what is expected.")
    if len(part.content) > PART_BYTES or part.count > settings().max_upload_mb:
        hint = f"The limit is {settings().max_upload_mb} MB. Send the photo in its normal size."
        raise PhotoTooLarge("file_too_large", "This file is too large.", hint)
    if not part.content:
        raise BadPhoto("empty_file", "This file is empty.", "Choose the photo again.")


def _joined(folder: str, part: Part) -> bytes:
    """The parts put together. Raises Damaged unless their SHA-256 is the announced one."""
    try:
        content = b"".join(blobs().get(f"{folder}{number}") for number in range(part.count))
    except FileNotFoundError:  # a second tab sends the same file and has received it
        content = b""
    if hashlib.sha256(content).hexdigest() != part.digest:
        raise Damaged("upload_damaged", "The photo was damaged on its way.", "Send it again.")
    return content


def _folder(sender: Person, digest: str) -> str:
    return f"part/{sender.id}/{digest}/"
