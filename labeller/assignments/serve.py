"""The next faces of an assignment, for the person who is to answer them."""

from dataclasses import replace

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db.i18n import N_
from db.models import READY, AssignedFace, Assignment, Face, Person
from db.session import take_write_lock
from db.workbench import live_run
from labeller.assignments.progress import assignment_to_answer
from labeller.queue import leases
from labeller.queue.items import Setting, items_for
from labeller.queue.next_faces import Batch
from labeller.queue.waiting import count_faces, first_faces

TEXT = N_("Assigned to you: %(name)s.")


def next_assigned(session: Session, person: Person, assignment_id: int, limit: int) -> Batch:
    """Lease up to `limit` of the faces that nobody has answered since, in their order.

    As in review, the label that a face has is shown: whoever assigned it knows it, too. Raises NotFound for
    an assignment that is another's or was withdrawn.
    """
    assignment = assignment_to_answer(session, person, assignment_id)
    take_write_lock(session)
    waiting = _waiting(assignment)
    free = waiting.where(~leases.held_by_others(person))
    faces = first_faces(session, leases.skip_locked(free), limit)
    held = leases.take(session, person, [face.id for face in faces], blind=False)
    items = [
        replace(item, reason="assigned", text=TEXT, values={"name": assignment.name})
        for item in items_for(session, Setting("review", live_run(session)), faces, held)
    ]
    remaining = count_faces(session, [free])
    return Batch(items, remaining, 0 if items else count_faces(session, [waiting]) - remaining)


def _waiting(assignment: Assignment) -> Select[Face]:
    query = select(Face).join(Face.photo).join(AssignedFace, AssignedFace.face_id == Face.id)
    query = query.where(READY, AssignedFace.open, AssignedFace.assignment_id == assignment.id)
    return query.order_by(AssignedFace.rank)
