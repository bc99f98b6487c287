"""Leases: nobody else is shown a face while one person holds it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Select, exists, or_, select, update
from sqlalchemy.orm import Session

from db.base import now
from db.face_rows import insert_for_faces
from db.models import Face, Lease, Person

Columns = TypeVarTuple("Columns")
LEASE = timedelta(minutes=10)


def take(session: Session, person: Person, face_ids: Sequence[int], blind: bool) -> dict[int, datetime]:
    """Lease the faces that nobody else holds; returns until when, by face id.

    `blind`: they are shown without the others' answers.
    """
    seen, until = now(), now() + LEASE
    values = {"person_id": person.id, "seen_at": seen, "until": until, "blind": blind}
    insert_for_faces(session, Lease, [{"face_id": id} | values for id in sorted(face_ids)])
    # Rows that another request has locked are being taken: waiting for them could end in a deadlock.
    free = Lease.face_id.in_(face_ids), or_(Lease.person_id == person.id, Lease.until < seen)
    taken = session.scalars(select(Lease.face_id).where(*free).with_for_update(skip_locked=True)).all()
    session.execute(update(Lease).where(Lease.face_id.in_(taken)).values(values))
    # With those that another request of the same person has taken.
    mine = select(Lease.face_id, Lease.until).where(*_held(person, face_ids), Lease.until > seen)
    return dict(session.execute(mine).tuples().all())


def skip_locked(query: Select[*Columns]) -> Select[*Columns]:
    """The query without the faces that somebody else is taking; what it selects is locked until the commit.

    On SQLite, where `take_write_lock` comes before it, nothing changes.
    """
    return query.with_for_update(of=Face, key_share=True, skip_locked=True)


def keep(session: Session, person: Person, face_ids: Sequence[int]) -> dict[int, datetime]:
    """Extend the leases that are still held; returns until when, by face id. `seen_at` stays as it is."""
    until = now() + LEASE
    _lock(session, face_ids)
    held = update(Lease).where(*_held(person, face_ids), Lease.until > now()).values(until=until)
    return dict.fromkeys(session.scalars(held.returning(Lease.face_id)), until)


def drop(session: Session, person: Person, face_ids: Sequence[int]) -> None:
    """End the leases. What the person was shown stays known."""
    _lock(session, face_ids)
    session.execute(update(Lease).where(*_held(person, face_ids), Lease.until > now()).values(until=now()))


def held_by_others(person: Person) -> ColumnElement[bool]:
    """Whether somebody else holds the face of the query."""
    return exists().where(Lease.face_id == Face.id, Lease.person_id != person.id, Lease.until > now())


def _lock(session: Session, face_ids: Sequence[int]) -> None:
    """Lock the leases until the commit, always in the same order, so that two requests cannot deadlock."""
    query = select(Lease.face_id).where(Lease.face_id.in_(face_ids)).order_by(Lease.face_id)
    session.execute(query.with_for_update()).all()


def _held(person: Person, face_ids: Sequence[int]) -> tuple[ColumnElement[bool], ...]:
    return Lease.face_id.in_(face_ids), Lease.person_id == person.id
