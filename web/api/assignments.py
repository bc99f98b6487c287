"""Faces assigned to somebody, over JSON. Their queue is `GET /queue?assignment=ID`."""

from typing import Any

from apiflask import APIBlueprint

from labeller.assignments import create, progress
from labeller.datasets import saved_filters, tags
from labeller.datasets.sources import Selection, with_tag
from web.api import assignment_schemas as schemas
from web.api.paging import PageQuery, cut
from web.auth.identity import me
from web.database import db

blueprint = APIBlueprint("api_assignments", __name__, tag="Assignments")


@blueprint.get("/assignments")
@blueprint.input(PageQuery, location="query")
@blueprint.output(schemas.AssignmentsOut)
@blueprint.doc(security="token")
def list_assignments(query_data: PageQuery) -> Any:
    """What is assigned, newest first: an owner sees all, others what is theirs."""
    rows = progress.visible(db(), me(), query_data.cursor or None, query_data.ask_for)
    shown, after = cut(rows, query_data.limit, lambda row: row.assignment.id)
    return {"items": [_out(row) for row in shown], "next": after}


@blueprint.post("/assignments")
@blueprint.input(schemas.AssignmentIn)
@blueprint.output(schemas.AssignmentMade, status_code=201)
@blueprint.doc(security="token")
def add_assignment(json_data: schemas.AssignmentIn) -> Any:
    """Ask somebody to answer chosen faces, or those that a saved filter or a tag chooses now."""
    to, name = json_data.person, json_data.name
    if json_data.face_ids is not None:
        made = create.assign_faces(db(), me(), to, name, json_data.face_ids)
    else:
        made = create.assign_selection(db(), me(), to, name, _selection(json_data))
    db().commit()
    out = _out(progress.progress_of(db(), made.assignment))
    return out | {"left_out": made.left_out, "more": made.more}


@blueprint.get("/assignments/<int:assignment_id>")
@blueprint.output(schemas.AssignmentOut)
@blueprint.doc(security="token")
def get_assignment(assignment_id: int) -> Any:
    """How far an assignment is, and by whom."""
    return _out(progress.progress_of(db(), progress.own_assignment(db(), me(), assignment_id)))


@blueprint.post("/assignments/<int:assignment_id>/withdraw")
@blueprint.output(schemas.AssignmentOut)
@blueprint.doc(security="token")
def withdraw_assignment(assignment_id: int) -> Any:
    """Take an assignment back; what was answered stays. Safe to repeat."""
    assignment = create.withdraw(db(), me(), assignment_id)
    db().commit()
    return _out(progress.progress_of(db(), assignment))


def _selection(sent: schemas.AssignmentIn) -> Selection:
    if sent.filter is not None:
        return saved_filters.read(db(), saved_filters.get_filter(db(), sent.filter))
    return with_tag(tags.get_tag(db(), sent.tag or 0).id)


def _out(row: progress.Progress) -> dict[str, Any]:
    return {
        "id": row.assignment.id,
        "name": row.assignment.name,
        "person": row.assignment.person.name,
        "person_id": row.assignment.person_id,
        "created": row.assignment.created_at.isoformat(),
        "state": row.state,
        "total": row.total,
        "answered": row.answered,
        "by": [{"person": name, "faces": count} for name, count in row.by],
    }
