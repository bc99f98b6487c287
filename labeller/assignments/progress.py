"""How far assignments are, and by whom they were answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from db.models import AssignedFace, Assignment, Person
from labeller.errors import NotFound

LISTED = 100
"""Assignments in one list, the newest."""


@dataclass(frozen=True)
class Progress:
    """`answered` of `total` faces; `by`: name and number of faces of each who answered, the most first."""

    assignment: Assignment
    total: int
    answered: int
    by: list[tuple[str, int]]

    @property
    def state(self) -> str:
        """open, done or withdrawn."""
        if self.assignment.withdrawn_at is not None:
            return "withdrawn"
        return "done" if self.answered == self.total else "open"


def get_assignment(session: Session, assignment_id: int) -> Assignment:
    """The assignment. Raises NotFound."""
    assignment = session.get(Assignment, assignment_id)
    if assignment is None:
        raise _unknown()
    return assignment


def own_assignment(session: Session, person: Person, assignment_id: int) -> Assignment:
    """The assignment, if the person may see it: who is to answer, or an owner. Raises NotFound."""
    assignment = get_assignment(session, assignment_id)
    if person.role != "owner" and assignment.person_id != person.id:
        raise _unknown()
    return assignment


def assignment_to_answer(session: Session, person: Person, assignment_id: int) -> Assignment:
    """The assignment, if it is the person's and stands. Raises NotFound."""
    assignment = get_assignment(session, assignment_id)
    if assignment.person_id != person.id or assignment.withdrawn_at is not None:
        raise _unknown()
    return assignment


def _unknown() -> NotFound:
    hint = "It may have been withdrawn."
    return NotFound("no_such_assignment", "There is no such assignment of yours.", hint)


def progress_of(session: Session, assignment: Assignment) -> Progress:
    """How far one is."""
    return _progress(session, [assignment])[0]


def visible(
    session: Session, person: Person, cursor: int | None = None, limit: int = LISTED
) -> list[Progress]:
    """Those that the person may see, newest first: an owner all, others their own."""
    mine = [] if person.role == "owner" else [Assignment.person_id == person.id]
    earlier = [] if cursor is None else [Assignment.id < cursor]
    return _progress(session, _newest(session, [*mine, *earlier], limit))


def waiting_for(session: Session, person: Person) -> list[Progress]:
    """The assignments that the person has not finished, oldest first."""
    rows = select(AssignedFace.face_id).where(AssignedFace.assignment_id == Assignment.id, AssignedFace.open)
    where = [Assignment.person_id == person.id, Assignment.withdrawn_at.is_(None), rows.exists()]
    return _progress(session, _newest(session, where, LISTED)[::-1])


def _newest(session: Session, where: Sequence[ColumnElement[bool]], limit: int) -> list[Assignment]:
    query = select(Assignment).where(*where).options(joinedload(Assignment.person))
    return list(session.scalars(query.order_by(Assignment.id.desc()).limit(limit)))


def _progress(session: Session, assignments: Sequence[Assignment]) -> list[Progress]:
    if not assignments:
        return []
    row = AssignedFace
    counted = select(row.assignment_id, row.open, Person.name, func.count())
    counted = counted.outerjoin(Person, Person.id == row.answered_by)
    counted = counted.where(row.assignment_id.in_([one.id for one in assignments]))
    counted = counted.group_by(row.assignment_id, row.open, Person.id, Person.name)
    counts: dict[int, list[tuple[bool, str, int]]] = {one.id: [] for one in assignments}
    for id, is_open, name, count in session.execute(counted).tuples():
        counts[id].append((is_open, name or "", count))
    return [_of_counts(one, counts[one.id]) for one in assignments]


def _of_counts(assignment: Assignment, counts: Sequence[tuple[bool, str, int]]) -> Progress:
    by = sorted(((name, n) for is_open, name, n in counts if not is_open), key=lambda one: (-one[1], one[0]))
    return Progress(assignment, sum(n for _, _, n in counts), sum(n for _, n in by), by)
