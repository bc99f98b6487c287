"""Photos and videos sent in parts, so that a lost connection costs one part and nothing is sent twice."""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from db.base import now
from db.errors import NoSpace, Refused, Unavailable
from db.models import Person
from db.settings import settings
from db.storage import WrongHash, blobs
from labeller.errors import BadPhoto, Damaged, PhotoTooLarge
from labeller.photos.video_kind import container_of
from labeller.uploads import clips, intake, open_uploads, quotas

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


Received = intake.Received | clips.ReceivedClip


def take_part(session: Session, sender: Person, person: Person | None, part: Part) -> Received | None:
    """Store one part and, once all are there, receive the photo or video; None while parts are missing.

    The parts of what was received stay until `delete_parts`, after the commit. `person` is who is in
    it. Raises BadPhoto, PhotoTooLarge, Damaged, QuotaReached, TooManyOpen, NoSpace and Unavailable.
    """
    _check(part)
    folder = _folder(sender, part.digest)
    if (known := _known(session, sender, person, part)) is not None:
        return known
    quotas.require_room(session, sender, len(part.content))
    if open_uploads.keep(sender, f"{folder}{part.number}", part.content) < part.count:
        return None
    try:
        return _receive(session, sender, person, part)
    except (NoSpace, Unavailable):  # the last part is sent again in a moment
        raise
    except Damaged:
        if (known := _known(session, sender, person, part)) is not None:
            return known  # a second tab sent the same file and was faster
        blobs().delete_named(folder)
        raise
    except Refused:  # sending the same file again would not help: keep nothing of it
        blobs().delete_named(folder)
        raise


def _known(session: Session, sender: Person, person: Person | None, part: Part) -> Received | None:
    """What these bytes are already, unless they are to be looked at again."""
    photo = intake.find_photo(session, part.digest, sender, person)
    if photo is not None and photo.status != "failed":
        return intake.Received(photo, created=False)
    clip = clips.find_clip(session, part.digest, sender, person)
    return clips.ReceivedClip(clip, created=False) if clip is not None else None


def _receive(session: Session, sender: Person, person: Person | None, part: Part) -> Received:
    """Receive what all the parts make up."""
    folder = _folder(sender, part.digest)
    if not is_video(_first(folder)):
        if part.count > settings().max_upload_mb:
            raise _too_large()
        content = _joined(folder, part)
        return intake.receive(session, content, uploaded_by=sender, person=person)
    sizes = sum(size for _, size, _ in blobs().list_sizes(folder))
    file = clips.ClipFile(part.digest, sizes, lambda: _parts(folder, part.count))
    try:
        return clips.receive_clip(session, file, uploaded_by=sender, person=person)
    except (WrongHash, FileNotFoundError) as error:
        raise _damaged("video") from error


def delete_parts(sender: Person, digest: str) -> None:
    """Delete the parts of what has been received."""
    blobs().delete_named(_folder(sender, digest))


def forget_stale() -> None:
    """Delete the parts of uploads that nobody has continued for KEPT."""
    for name, written in blobs().list_named("part/").items():
        if written < now() - KEPT:
            blobs().delete(name)


def _check(part: Part) -> None:
    if not _DIGEST.fullmatch(part.digest) or not 0 <= part.number < part.count:
        raise BadPhoto("bad_part", "This is no part of a photo.", "See /api/v1/docs for what is expected.")
    is_large = part.count > settings().max_upload_mb
    if is_large and part.number == 0 and not is_video(part.content):
        raise _too_large()
    if len(part.content) > PART_BYTES or part.count > max(settings().max_upload_mb, settings().max_clip_mb):
        raise _too_large()
    if not part.content:
        raise BadPhoto("empty_file", "This file is empty.", "Choose the photo again.")


def is_video(start: bytes) -> bool:
    """Whether a file that begins so is received as a video."""
    return container_of(start) is not None


def _too_large() -> PhotoTooLarge:
    limit, of_clips = settings().max_upload_mb, settings().max_clip_mb
    hint = f"The limit is {limit} MB, of a video {of_clips} MB. Send the photo in its normal size."
    return PhotoTooLarge("file_too_large", "This file is too large.", hint)


def _damaged(what: str) -> Damaged:
    return Damaged("upload_damaged", f"The {what} was damaged on its way.", "Send it again.")


def _first(folder: str) -> bytes:
    """The first part; empty if a second tab sends the same file and has received it."""
    try:
        return blobs().get(f"{folder}0")
    except FileNotFoundError:
        return b""


def _parts(folder: str, count: int) -> Iterator[bytes]:
    for number in range(count):
        yield blobs().get(f"{folder}{number}")


def _joined(folder: str, part: Part) -> bytes:
    """The parts put together. Raises Damaged unless their SHA-256 is the announced one."""
    try:
        content = b"".join(_parts(folder, part.count))
    except FileNotFoundError:  # a second tab sends the same file and has received it
        content = b""
    if hashlib.sha256(content).hexdigest() != part.digest:
        raise _damaged("photo")
    return content


def _folder(sender: Person, digest: str) -> str:
    return f"part/{sender.id}/{digest}/"
