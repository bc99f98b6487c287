"""Photos that arrive in parts, so that a lost connection costs one part and nothing is sent twice."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy.orm import Session

from db.base import now
from db.errors import Refused
from db.models import Person
from db.settings import settings
from db.storage import blobs
from labeller.errors import BadPhoto, Damaged, PhotoTooLarge
from labeller.uploads import intake

PART_BYTES = 1 << 20
KEPT = timedelta(days=2)
"""How long parts wait for the rest. The phone has the photo still, and sends all of it again."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


def arrived(
    session: Session, sender: Person, digests: Sequence[str]
) -> dict[str, tuple[int | None, list[int]]]:
    """By SHA-256: (photo id, numbers of the parts that are here), for those of which anything is."""
    parts = defaultdict(list)
    for name in blobs().named(f"part/{sender.id}/"):
        _, _, digest, number = name.split("/")
        parts[digest].append(int(number))
    found = {}
    for digest in digests:
        photo = intake.find(session, digest, sender, sender if sender.role == "friend" else None)
        if photo is not None or digest in parts:
            found[digest] = (photo.id if photo else None, sorted(parts[digest]))
    return found


def take_part(
    session: Session, sender: Person, person: Person | None, digest: str, number: int, of: int, data: bytes
) -> intake.Received | None:
    """Keep one part; with the last one, receive the photo. Raises BadPhoto, PhotoTooLarge, Damaged.

    Part `number` of `of` is the `number`-th PART_BYTES of the file whose SHA-256 is `digest`.
    """
    _check(digest, number, of, data)
    if (known := intake.find(session, digest, sender, person)) is not None:
        blobs().delete_named(_folder(sender, digest))
        return intake.Received(known, created=False)
    blobs().put_named(f"{_folder(sender, digest)}{number}", data)
    if len(blobs().named(_folder(sender, digest))) < of:
        return None
    try:
        received = intake.receive(session, _whole(sender, digest, of), uploaded_by=sender, person=person)
    except Refused:  # for good: nothing of the raw file stays
        blobs().delete_named(_folder(sender, digest))
        raise
    blobs().delete_named(_folder(sender, digest))
    return received


def forget_stale() -> None:
    """Drop the parts of uploads that nobody went on with."""
    for name, written in blobs().named("part/").items():
        if written < now() - KEPT:
            blobs().delete(name)


def _check(digest: str, number: int, of: int, data: bytes) -> None:
    if not _DIGEST.fullmatch(digest) or not 0 <= number < of:
        raise BadPhoto("bad_part", "This is no part of a photo.", "See /api/v1/docs for what is expected.")
    if len(data) > PART_BYTES or of > settings().max_upload_mb:
        hint = f"The limit is {settings().max_upload_mb} MB. Send the photo in its normal size."
        raise PhotoTooLarge("file_too_large", "This file is too large.", hint)
    if not data:
        raise BadPhoto("empty_file", "This file is empty.", "Choose the photo again.")


def _whole(sender: Person, digest: str, of: int) -> bytes:
    """The parts put together, which must be what was announced."""
    try:
        whole = b"".join(blobs().get(f"{_folder(sender, digest)}{number}") for number in range(of))
    except FileNotFoundError:  # a second tab sends it too, and was first
        whole = b""
    if hashlib.sha256(whole).hexdigest() != digest:
        raise Damaged("upload_damaged", "The photo was damaged on its way.", "Send it again.")
    return whole


def _folder(sender: Person, digest: str) -> str:
    return f"part/{sender.id}/{digest}/"
