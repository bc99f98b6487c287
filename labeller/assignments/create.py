"""Asking somebody to answer chosen faces, and taking that back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from db import audit
from db.base import now
from db.face_rows import BATCH_ROWS
from db.models import NOT_LOCKED, READY, AssignedFace, Assignment, Face, Group, Person, Photo
from db.texts import one_line
from labeller.assignments.progress import get_assignment
from labeller.datasets.sources import Selection, newest_faces
from labeller.errors import BadAssignment
from labeller.people import people

MOST = 10_000
"""Faces of one assignment: nobody answers more in a month."""
LONGEST_NAME = 80


@dataclass(frozen=True)
class Made:
    """How many faces were assigned, and how many of those chosen were not: locked or deleted ones.

    `more`: whether a filter or a tag chooses others, beyond MOST.
    """

    assignment: Assignment
    faces: int
    left_out: int
    more: bool = False


def assign_faces(session: Session, by: Person, to: int, name: str, face_ids: Sequence[int]) -> Made:
    """Ask the person `to` to answer the faces, in their order; without those of the locked set.

    Raises BadAssignment, and NotFound for the person.
    """
    person = people.get_person(session, to)
    if person.role == "friend":
        raise BadAssignment("not_of_the_team", "Friends do not answer faces.", "Choose a labeller.")
    chosen = list(dict.fromkeys(face_ids))
    if len(chosen) > MOST:
        raise BadAssignment("too_many_chosen", f"At most {MOST} faces are assigned at once.", "Choose fewer.")
    eligible = _eligible(session, chosen)
    faces = [id for id in chosen if id in eligible]
    if not faces:
        raise BadAssignment("nothing_to_assign", "None of these faces can be assigned.", "Choose others.")
    line = one_line(name, LONGEST_NAME) or str(len(faces))
    assignment = Assignment(name=line, person_id=person.id, created_by=by.id)
    session.add(assignment)
    session.flush()
    rows = [
        {"assignment_id": assignment.id, "face_id": id, "rank": rank, "open": True}
        for rank, id in enumerate(faces)
    ]
    session.execute(insert(AssignedFace), rows)
    audit.note(session, "faces_assigned", by, assignment=assignment.id, person=person.id, count=len(faces))
    return Made(assignment, len(faces), len(chosen) - len(faces))


def assign_selection(session: Session, by: Person, to: int, name: str, selection: Selection) -> Made:
    """Ask the person to answer the newest MOST faces that a filter or a tag chooses now.

    Raises as `assign_faces` does, and BadAnswer for an unknown state or look.
    """
    ids = newest_faces(session, selection, MOST + 1)
    return replace(assign_faces(session, by, to, name, ids[:MOST]), more=len(ids) > MOST)


def withdraw(session: Session, by: Person, assignment_id: int) -> Assignment:
    """Take an assignment back; what was answered stays. Safe to repeat. Raises NotFound."""
    assignment = get_assignment(session, assignment_id)
    if assignment.withdrawn_at is None:
        assignment.withdrawn_at = now()
        audit.note(session, "assignment_withdrawn", by, assignment=assignment.id, person=assignment.person_id)
    session.flush()
    return assignment


def _eligible(session: Session, face_ids: Sequence[int]) -> set[int]:
    """Those of the faces that are shown and not locked."""
    query = select(Face.id).join(Photo, Photo.id == Face.photo_id).join(Group, Group.id == Photo.group_id)
    found: set[int] = set()
    for start in range(0, len(face_ids), BATCH_ROWS):
        some = Face.id.in_(face_ids[start : start + BATCH_ROWS])
        found |= set(session.scalars(query.where(READY, NOT_LOCKED, some)))
    return found
