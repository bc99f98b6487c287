"""A clip's way from its file to photos. Safe to repeat and to kill: equal frames are the same photo."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, cast

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import blob_hold, disk, jobs
from db.base import now
from db.errors import BadInput, NoSpace, Unavailable
from db.models import Clip, ClipPhoto, Person, Photo
from db.session import insert_missing
from db.settings import settings
from db.storage import blobs
from inference.clips import decode
from inference.clips.choose import choose
from inference.clips.look import Looker
from inference.clips.protocol import Limits, Wanted
from inference.errors import BadClip
from labeller.people.people import find_person
from labeller.photos.splits import join_groups
from labeller.uploads import intake

LEASE_SECONDS = 120
"""Longer than a look at one frame takes on a busy machine."""
REPORT_EVERY = 1.0
"""Seconds between two writes of the progress."""
LOOK_SHARE = 0.8
"""Of the progress: looking at the frames. The rest is making photos."""

log = structlog.get_logger()


def sample_clip(session: Session, clip_id: int, attempt: int, owner: str) -> None:
    """Make photos of the clip's frames with new faces, if this attempt is still due; then drop the clip."""
    if disk.space().is_low:
        return  # the sweep sends it again
    claim = jobs.claim(session, Clip, clip_id, attempt, jobs.Holder(owner, LEASE_SECONDS))
    if claim is None:
        return
    clip = session.get(Clip, clip_id, populate_existing=True)
    if clip is None or clip.blob is None:  # deleted meanwhile
        return
    try:
        _finish(session, claim, clip.blob, _make_photos(session, clip, claim))
    except jobs.LostLease:
        log.info("clip_lease_lost", clip=clip_id)
    except (NoSpace, Unavailable) as error:  # once the lease has ended, it is tried again
        log.warning("clip_waits", clip=clip_id, error=error.code)


def _make_photos(session: Session, clip: Clip, claim: jobs.Claim) -> str | None:
    """Make the photos; returns why there are none or fewer, in words. Raises LostLease."""
    progress = _Progress(session, claim)
    limits = Limits(settings().max_clip_seconds, settings().max_megapixels)
    try:
        with _opened(str(clip.blob)) as file:
            wanted = _choose(file, limits, progress)
            if not wanted:
                raise BadClip(
                    "no_face", "No face was found in this video.", "Send one in which faces are larger."
                )
            for done, jpeg in enumerate(decode.cut_out(file, limits, wanted), 1):
                _keep(session, clip, claim, jpeg)
                progress.report(LOOK_SHARE + (1 - LOOK_SHARE) * done / len(wanted))
    except BadInput as error:
        session.rollback()
        return f"{error.message} {error.hint}"
    except FileNotFoundError:
        return "The stored video is gone. Send it again."
    return None


def _choose(file: BinaryIO, limits: Limits, progress: "_Progress") -> list[Wanted]:
    """The frames to keep, ascending by number."""
    looker = Looker()
    for frame in decode.sampled(file, limits):
        looker.look(frame)
        progress.report(LOOK_SHARE * min(1.0, frame.seconds / limits.seconds))
    return choose(looker.frames)


def _keep(session: Session, clip: Clip, claim: jobs.Claim, jpeg: bytes) -> None:
    """Receive a frame as a photo in the clip's group; it is committed only while the clip is ours."""
    session.refresh(clip)  # its person may have been merged into another one
    sender = session.get(Person, clip.uploaded_by) if clip.uploaded_by else None
    person = find_person(session, clip.person_id) if clip.person_id else None
    photo = intake.receive(session, jpeg, uploaded_by=sender, person=person).photo
    pictures = photo.blob, photo.view_blob
    insert_missing(session, ClipPhoto, [{"photo_id": photo.id, "clip_id": clip.id}])
    frames = select(ClipPhoto.photo_id).where(ClipPhoto.clip_id == clip.id)
    join_groups(session, Photo.id.in_(frames))
    try:
        jobs.write(session, claim, LEASE_SECONDS)
    except jobs.LostLease:
        blob_hold.delete_blobs(session, pictures)
        session.commit()
        raise
    session.commit()


def _finish(session: Session, claim: jobs.Claim, key: str, problem: str | None) -> None:
    """End the job, and drop the clip's file."""
    kept = session.scalar(select(ClipPhoto.photo_id).where(ClipPhoto.clip_id == claim.id).limit(1))
    status = "failed" if problem is not None and kept is None else "done"
    ended = {"status": status, "error": problem, "blob": None, "progress": 1.0, "finished_at": now()}
    jobs.write(session, claim, 0, **ended)
    blob_hold.delete_blobs(session, (key,))
    session.commit()
    blob_hold.delete_doomed(session)


@contextmanager
def _opened(key: str) -> Iterator[BinaryIO]:
    """The stored clip as an open file. Raises MissingFile."""
    if (path := blobs().local_path(key)) is not None:
        with open(path, "rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as copy:
        for chunk in blobs().read_chunks(key):
            copy.write(chunk)
        copy.flush()
        yield cast(BinaryIO, copy)


class _Progress:
    """Writes how far a job is, now and then, which renews its lease."""

    def __init__(self, session: Session, claim: jobs.Claim) -> None:
        self._session, self._claim, self._written_at = session, claim, 0.0

    def report(self, share: float) -> None:
        """Raises LostLease."""
        if time.monotonic() - self._written_at >= REPORT_EVERY:
            self._written_at = time.monotonic()
            jobs.write(self._session, self._claim, LEASE_SECONDS, progress=round(share, 3))
            self._session.commit()
