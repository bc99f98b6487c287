"""A face is shown to one person at a time: taken, held for longer, given up, run out."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.base import now
from db.models import Face, Lease, Person
from labeller.queue import leases
from tests.factories import add_faces


def run_out(db: Session, face_id: int) -> datetime:
    """Let the lease of a face end; returns when it ended."""
    ended = now() - timedelta(seconds=1)
    db.execute(update(Lease).where(Lease.face_id == face_id).values(until=ended))
    db.commit()
    return ended


def until(db: Session, face_id: int) -> datetime:
    return db.get_one(Lease, face_id, populate_existing=True).until


def test_a_lease_tells_until_when_and_the_row_agrees(db: Session, ada: Person) -> None:
    ids = [face.id for face in add_faces(db, 2)]
    taken = leases.take(db, ada, ids, blind=True)
    assert taken == {id: until(db, id) for id in ids}
    assert all(now() < end <= now() + leases.LEASE for end in taken.values())
    assert db.scalars(select(Lease.blind)).all() == [True, True]


def test_taking_again_is_for_longer_and_may_be_informed(db: Session, ada: Person) -> None:
    (face,) = add_faces(db, 1)
    first = leases.take(db, ada, [face.id], blind=True)[face.id]
    again = leases.take(db, ada, [face.id], blind=False)[face.id]
    assert again > first
    assert db.get_one(Lease, face.id, populate_existing=True).blind is False


def test_a_lease_that_ran_out_is_anybodys(db: Session, ada: Person, bob: Person) -> None:
    (face,) = add_faces(db, 1)
    leases.take(db, ada, [face.id], blind=True)
    run_out(db, face.id)
    assert set(leases.take(db, bob, [face.id], blind=True)) == {face.id}
    assert leases.keep(db, ada, [face.id]) == {}
    assert db.get_one(Lease, face.id, populate_existing=True).person_id == bob.id


def test_keeping_is_for_longer_and_only_for_what_is_still_held(db: Session, ada: Person) -> None:
    held, lost = [face.id for face in add_faces(db, 2)]
    first = leases.take(db, ada, [held, lost], blind=True)
    ended = run_out(db, lost)
    kept = leases.keep(db, ada, [held, lost])
    assert kept == {held: until(db, held)}
    assert kept[held] > first[held]
    assert until(db, lost) == ended


def test_giving_up_leaves_others_and_what_ran_out_alone(db: Session, ada: Person, bob: Person) -> None:
    mine, lost, theirs = [face.id for face in add_faces(db, 3)]
    leases.take(db, ada, [mine, lost], blind=True)
    held = leases.take(db, bob, [theirs], blind=True)[theirs]
    ended = run_out(db, lost)
    leases.drop(db, ada, [mine, lost, theirs])
    assert until(db, mine) <= now()
    assert (until(db, lost), until(db, theirs)) == (ended, held)


def test_only_a_lease_of_somebody_else_that_still_runs_hides_a_face(
    db: Session, ada: Person, bob: Person
) -> None:
    mine, lost, theirs, free = [face.id for face in add_faces(db, 4)]
    leases.take(db, ada, [mine], blind=True)
    leases.take(db, bob, [lost, theirs], blind=True)
    run_out(db, lost)
    hidden = db.scalars(select(Face.id).where(leases.held_by_others(ada))).all()
    assert hidden == [theirs]
    assert free not in hidden
