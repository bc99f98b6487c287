"""Deleting marked photos and people with everything derived from them.

Pictures, rows and names go, with one commit for each photo. Whatever a killed process leaves behind is still
marked, and `finish_pending` runs again every few seconds.
"""

import re

from sqlalchemy import CursorResult, Select, delete, exists, select, update
from sqlalchemy.orm import Session, load_only

from db import blob_hold, frozen_sets, kept_replies
from db.base import now
from db.i18n import N_
from db.manifests import count_in_manifest
from db.messages import Message, message
from db.models import (
    Artifact,
    Assignment,
    Clip,
    Comment,
    Event,
    Face,
    Group,
    Invite,
    Lease,
    Person,
    Photo,
    Run,
    SavedFilter,
    Score,
    Workbench,
)
from db.session import empty_write_ahead_log, take_lock
from db.settings import settings
from db.storage import blobs
from db.webhooks import events
from db.workbench import live_run
from labeller.erasure.clips import delete_clips, drop_files_of_ended
from labeller.erasure.imports import forget_in_reports
from labeller.erasure.mark import mark_photos
from labeller.people.people import MENTIONS
from labeller.photos import splits

RETIRED = N_("Retired: photos it learned from were deleted.")
AT_ONCE = 200
"""Photos whose ids are read at once."""
_NO_SYNC = {"synchronize_session": False}


def finish_pending(session: Session) -> None:
    """Delete what is marked and can no longer be restored, with a commit for each photo and each person.

    All wait while a backup reads the stored files: nobody is said to be deleted whose photos still are there.
    """
    drop_files_of_ended(session)
    leaving = session.scalars(select(Person.id).where(Person.erasing_at.is_not(None))).all()
    if leaving and mark_photos(session, Photo.person_id.in_(leaving), None):  # uploads that were in flight
        session.commit()
    due = Photo.status == "erasing", Photo.erase_at <= now()
    while ids := list(session.scalars(select(Photo.id).where(*due).order_by(Photo.id).limit(AT_ONCE))):
        for photo_id in ids:
            if blob_hold.is_held(session):
                session.rollback()
                return
            if (photo := session.get(Photo, photo_id)) is not None:
                _erase_rows(session, photo)
        if not blob_hold.delete_doomed(session):
            return
    if not blob_hold.delete_doomed(session):
        return
    for person in session.scalars(_people_without_photos()).all():
        _finish_person(session, person)


def erase_photo(session: Session, photo: Photo) -> None:
    """Delete a marked photo's rows and pictures, and commit. Faces, answers and scores go with its row."""
    _erase_rows(session, photo)
    blob_hold.delete_doomed(session)


def _erase_rows(session: Session, photo: Photo) -> None:
    """Delete the photo's rows, note its pictures for deletion, and commit."""
    faces = frozenset(session.scalars(select(Face.id).where(Face.photo_id == photo.id)))
    blobs().delete_named(f"thumb/{photo.id}/")
    _count_learned(session, faces)  # reads manifests that were not read before, while nobody waits
    take_lock(session, splits.LOCK)  # no photo that arrives meanwhile joins a group that goes with this one
    frozen_sets.count_gone(session, photo.id, faces)
    result = session.execute(delete(Photo).where(Photo.id == photo.id), execution_options=_NO_SYNC)
    assert isinstance(result, CursorResult)
    if not result.rowcount:
        session.rollback()  # another worker was first
        return
    session.expunge(photo)
    blob_hold.delete_blobs(session, (photo.blob, photo.view_blob))
    _tidy_groups(session, photo)
    _mark_runs(session, faces)
    kept_replies.forget_bodies(session)  # of requests that were at work when it was marked
    session.commit()


def _tidy_groups(session: Session, photo: Photo) -> None:
    """Delete the photo's group if it is empty now, and clear the repeat mark of a repeat left alone."""
    left = exists().where(Photo.group_id == photo.group_id)
    session.execute(delete(Group).where(Group.id == photo.group_id, ~left))
    if photo.repeat_id is not None:
        repeats = select(Photo.id).where(Photo.repeat_id == photo.repeat_id)
        if len(ids := list(session.scalars(repeats.limit(2)))) == 1:
            session.execute(update(Photo).where(Photo.id == ids[0]).values(repeat_id=None))


def _mark_runs(session: Session, faces: frozenset[int]) -> None:
    """Count for each run the deleted faces it learned from, and retire it if the settings say so."""
    live = live_run(session)
    for run_id, erased in _count_learned(session, faces).items():
        run = session.get_one(Run, run_id)
        run.erased += erased
        if settings().retire_on_erasure and run.retired_at is None:
            _retire(session, run)
            if live is not None and live.id == run.id:
                session.execute(update(Workbench).values(live_run_id=None))
            session.execute(
                update(Workbench).where(Workbench.previous_run_id == run.id).values(previous_run_id=None)
            )


def _count_learned(session: Session, faces: frozenset[int]) -> dict[int, int]:
    """By run, how many of the faces it learned from or was measured on; without those of none."""
    manifests = session.execute(select(Run.id, Run.manifest).where(Run.manifest.is_not(None)))
    counts = {run_id: count_in_manifest(str(manifest), faces) for run_id, manifest in manifests}
    return {run_id: count for run_id, count in counts.items() if count}


def _retire(session: Session, run: Run) -> None:
    """Take a run's model out of use for good, or cancel a running one. Its metrics stay."""
    files = session.scalars(select(Artifact.blob).where(Artifact.run_id == run.id)).all()
    blob_hold.delete_blobs(session, files)
    session.execute(delete(Artifact).where(Artifact.run_id == run.id))
    session.execute(delete(Score).where(Score.run_id == run.id))
    run.head = None
    run.retired_at, run.reason = now(), message(RETIRED)
    if run.status == "running":
        run.status, run.phase, run.finished_at = "cancelled", "cancelled", now()
        events.run_ended(session, run.id, "cancelled")


def _people_without_photos() -> Select[Person]:
    photos = exists().where(Photo.person_id == Person.id)
    marked = Person.erasing_at.is_not(None), Person.merged_into_id.is_(None)
    return select(Person).where(*marked, ~photos).order_by(Person.id)


def _finish_person(session: Session, person: Person) -> None:
    """Delete the person and commit. Their answers about other people's faces stay, without a name; what they
    wrote in words goes."""
    for member in session.scalars(select(Person.id).where(Person.merged_into_id == person.id)):
        blobs().delete_named(f"part/{member}/")
        blobs().delete_named(f"import-part/{member}/")
    blobs().delete_named(f"part/{person.id}/")
    blobs().delete_named(f"import-part/{person.id}/")
    delete_clips(session, Clip.person_id == person.id)  # one that was in flight
    forget_in_reports(session, person)
    _scrub_logs(person.name)
    for table, column in MENTIONS:
        if table not in (Lease, Invite, Assignment, Comment, SavedFilter):  # those rows go with their person
            mention = getattr(table, column)
            session.execute(update(table).where(mention == person.id).values({column: None}))
    if person.invite_id is not None and (invite := session.get(Invite, person.invite_id)):
        invite.note = _redacted(person.name, invite.note)
    _redact_reasons(session, person.name)
    kept_replies.forget_bodies(session)
    session.execute(delete(Person).where(Person.id == person.id))  # cascades to merged people, tokens, leases
    session.commit()
    empty_write_ahead_log(session)


def _redact_reasons(session: Session, name: str) -> None:
    """Take the name out of what people typed as reasons; who gave them is stored as an id."""
    for run in session.scalars(select(Run).options(load_only(Run.reason))):
        run.reason = run.reason and _redacted_values(name, run.reason)
    for event in session.scalars(select(Event).where(Event.kind == "promoted")):
        event.detail = event.detail | {"reason": _redacted_values(name, event.detail["reason"])}


def _redacted_values(name: str, reason: Message) -> Message:
    values = {
        key: _redacted(name, value) if isinstance(value, str) else value
        for key, value in reason["values"].items()
    }
    return reason | {"values": values}


def _redacted(name: str, text: str) -> str:
    return re.sub(rf"\b{re.escape(name)}\b", "…", text, flags=re.IGNORECASE) if name else text


def _scrub_logs(name: str) -> None:
    """Overwrite the name in our logs. We never log names ourselves, but libraries may."""
    word = re.compile(rb"\b" + re.escape(name.encode()) + rb"\b", re.IGNORECASE)
    for path in (settings().run_dir / "logs").glob("*.log"):
        with open(path, "r+b") as file:  # in place: the processes that write it hold it open
            for match in list(word.finditer(file.read())) if name else []:
                file.seek(match.start())
                file.write(b"x" * len(match[0]))
