"""Faces assigned to somebody; `get_queue(assignment=...)` serves them."""

from collections.abc import Sequence

from secondlook.call import Call
from secondlook.results import Assignment, AssignmentMade, Page


def list_assignments(*, cursor: int | None = None, limit: int = 50) -> Call[Page[Assignment]]:
    """What is assigned, newest first: an owner sees all, others what is theirs."""
    return Call("GET", "/assignments", {"cursor": cursor, "limit": limit})


def add_assignment(
    person: int,
    *,
    name: str = "",
    face_ids: Sequence[int] | None = None,
    filter: int | None = None,
    tag: int | None = None,
) -> Call[AssignmentMade]:
    """Ask a person to answer faces: chosen ones, or those of a saved filter or a tag."""
    chosen = {"face_ids": None if face_ids is None else list(face_ids), "filter": filter, "tag": tag}
    return Call("POST", "/assignments", json={"person": person, "name": name} | chosen)


def get_assignment(assignment_id: int) -> Call[Assignment]:
    """How far an assignment is, and by whom."""
    return Call("GET", f"/assignments/{assignment_id}")


def withdraw_assignment(assignment_id: int) -> Call[Assignment]:
    """Take an assignment back."""
    return Call("POST", f"/assignments/{assignment_id}/withdraw")
