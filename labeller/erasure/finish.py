"""Deleting photos and people with everything derived from them, so that a kill half-way changes nothing.

First the rows are marked, in the commit of whoever asked: from then on nothing of them is shown. Then
pictures, rows and names go, one photo a commit. What a kill leaves half done is still marked, and
`finish_pending` comes by every few seconds.
"""

import re
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Delete,
    Select,
    Update,
    delete,
    exists,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from db import tasks
from db.base import now
from db.manifests import faces_in
from db.models import (
    SHOWN,
    Artifact,
    Event,
    Face,
    Group,
    Invite,
    Lease,
    Person,
    Photo,
    Prediction,
    Run,
    Score,
    Workbench,
)
from db.session import forget_deleted
from db.settings import settings
from db.storage import blobs
from db.workbench import live_run
from labeller.errors import BadAnswer
from labeller.people.people import MENTIONS

UNDO_SECONDS = 30
AT_ONCE = 200


def start(
    session: Session, which: ColumnElement[bool], by: Person | None, undo_seconds: float = 0
) -> list[int]:
    """Mark photos as being erased, returning those that were not yet; until then they can be had back."""
    until = now() + timedelta(seconds=undo_seconds)
    marked = update(Photo).where(which, SHOWN).returning(Photo.id)
    found = list(session.scalars(marked.values(status="erasing", owner=None, erase_at=until)))
    if found:
        session.add(Event(kind="photos_erased", person_id=by.id if by else None, detail={"photos": found}))
        tasks.enqueue_erasure(session)
    return found


def undo(session: Session, photo_ids: Iterable[int]) -> int:
    """Have photos back whose time has not run out; returns how many."""
    waiting = Photo.id.in_(photo_ids), Photo.status == "erasing", Photo.erase_at > now()
    seen = exists().where(Face.photo_id == Photo.id)
    count = 0
    for looked_at, status in ((seen, "ready"), (~seen, "queued")):
        back = update(Photo).where(*waiting, looked_at).values(status=status, erase_at=None, sent_at=None)
        count += _count(session, back)
    return count


def start_person(session: Session, person: Person, by: Person | None) -> None:
    """Mark a person, and whoever they were merged from, with all photos. BadAnswer for the last owner."""
    others = Person.role == "owner", Person.id != person.id, Person.erasing_at.is_(None)
    if person.role == "owner" and not session.scalar(select(func.count()).where(*others, ~_alias())):
        raise BadAnswer(
            "last_owner",
            "The last owner cannot be deleted.",
            "Invite another owner first, or delete the data folder.",
        )
    family = or_(Person.id == person.id, Person.merged_into_id == person.id)
    session.execute(update(Person).where(family).values(erasing_at=now()))
    start(session, Photo.person_id == person.id, by)
    session.add(Event(kind="person_erased", person_id=by.id if by else None, detail={}))
    tasks.enqueue_erasure(session)


def finish_pending(session: Session) -> None:
    """Erase what is marked, a commit for each photo and each person."""
    leaving = session.scalars(select(Person.id).where(Person.erasing_at.is_not(None))).all()
    if leaving and start(session, Photo.person_id.in_(leaving), None):  # on their way when their person left
        session.commit()
    over = Photo.status == "erasing", Photo.erase_at <= now()
    while ids := list(session.scalars(select(Photo.id).where(*over).order_by(Photo.id).limit(AT_ONCE))):
        for photo_id in ids:
            if (photo := session.get(Photo, photo_id)) is not None:
                finish(session, photo)
    for person in session.scalars(_people_without_photos()).all():
        _finish_person(session, person)


def finish(session: Session, photo: Photo) -> None:
    """Remove a marked photo's pictures and rows, and commit. Faces, answers and scores go with its row."""
    faces = frozenset(session.scalars(select(Face.id).where(Face.photo_id == photo.id)))
    blobs().delete_named(f"thumb/{photo.id}/")
    for key in unused_blobs(session, photo.blob, photo.view_blob):
        blobs().delete(key)  # before the row: killed in between, the row still says what is to be done
    if not _count(session, delete(Photo).where(Photo.id == photo.id)):
        session.rollback()  # another worker was first
        return
    session.expunge(photo)
    _tidy_groups(session, photo)
    _mark_runs(session, faces)
    session.commit()


def unused_blobs(session: Session, *keys: str) -> set[str]:
    """Which of `keys` nothing uses that is to stay: equal pixels share a blob."""
    used: set[str] = set()
    for model, stays in ((Photo, or_(SHOWN, Photo.erase_at > now())), (Prediction, true())):
        names = or_(model.blob.in_(keys), model.view_blob.in_(keys))
        rows = session.execute(select(model.blob, model.view_blob).where(names, stays))
        used.update(key for row in rows for key in row)
    return set(keys) - used


def _tidy_groups(session: Session, photo: Photo) -> None:
    """A group without photos is nobody's; a near repeat that is left alone is none any more."""
    left = exists().where(Photo.group_id == photo.group_id)
    session.execute(delete(Group).where(Group.id == photo.group_id, ~left))
    if photo.repeat_id is not None:
        same = select(Photo.id).where(Photo.repeat_id == photo.repeat_id)
        if len(alone := list(session.scalars(same.limit(2)))) == 1:
            session.execute(update(Photo).where(Photo.id == alone[0]).values(repeat_id=None))


def _mark_runs(session: Session, faces: frozenset[int]) -> None:
    """Say of each run how many of its faces are gone; retire the models if the owner set it so."""
    live = live_run(session)
    for run_id, manifest in session.execute(select(Run.id, Run.manifest).where(Run.manifest.is_not(None))):
        if not (gone := len(faces & faces_in(str(manifest)))):
            continue
        run = session.get_one(Run, run_id)
        run.erased += gone
        if settings().retire_on_erasure and run.retired_at is None:
            _retire(session, run)
            if live is not None and live.id == run.id:
                session.execute(update(Workbench).values(live_run_id=None))
            session.execute(
                update(Workbench).where(Workbench.previous_run_id == run.id).values(previous_run_id=None)
            )


def _retire(session: Session, run: Run) -> None:
    """Take a run's model out of use for good, or stop it if it still runs; its figures stay."""
    for artifact in session.scalars(select(Artifact).where(Artifact.run_id == run.id)):
        blobs().delete(artifact.blob)
    session.execute(delete(Artifact).where(Artifact.run_id == run.id))
    session.execute(delete(Score).where(Score.run_id == run.id))
    run.head = None
    run.retired_at, run.reason = now(), "Retired: photos it learned from were deleted."
    if run.status == "running":
        run.status, run.phase, run.finished_at = "cancelled", "cancelled", now()


def _people_without_photos() -> Select[Person]:
    photos = exists().where(Photo.person_id == Person.id)
    return select(Person).where(Person.erasing_at.is_not(None), ~_alias(), ~photos).order_by(Person.id)


def _alias() -> ColumnElement[bool]:
    return Person.merged_into_id.is_not(None)


def _finish_person(session: Session, person: Person) -> None:
    """Remove the person and commit; what they said of others' faces stays, said by nobody."""
    for member in session.scalars(select(Person.id).where(Person.merged_into_id == person.id)):
        blobs().delete_named(f"part/{member}/")
    blobs().delete_named(f"part/{person.id}/")
    _scrub_logs(person.name)
    for table, column in MENTIONS:
        if table not in (Lease, Invite):  # those rows go with their person
            mention = getattr(table, column)
            session.execute(update(table).where(mention == person.id).values({column: None}))
    if person.invite_id is not None and (invite := session.get(Invite, person.invite_id)):
        invite.note = _without(person.name, invite.note)
    session.execute(delete(Person).where(Person.id == person.id))  # who was merged, tokens, leases: with it
    session.commit()
    forget_deleted(session)


def _without(name: str, text: str) -> str:
    return re.sub(rf"\b{re.escape(name)}\b", "…", text, flags=re.IGNORECASE) if name else text


def _scrub_logs(name: str) -> None:
    """Blot the name out of our logs. Nothing we write there holds it, but libraries write too."""
    word = re.compile(rb"\b" + re.escape(name.encode()) + rb"\b", re.IGNORECASE)
    for path in (settings().run_dir / "logs").glob("*.log"):
        with open(path, "r+b") as file:  # in place: the processes that write it hold it open
            for found in list(word.finditer(file.read())) if name else []:
                file.seek(found.start())
                file.write(b"x" * len(found[0]))


def _count(session: Session, statement: Update | Delete) -> int:
    result = session.execute(statement, execution_options={"synchronize_session": False})
    assert isinstance(result, CursorResult)
    return result.rowcount
