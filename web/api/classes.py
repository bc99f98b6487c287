"""The classes over JSON: which there are, and every edit of the page."""

from typing import Any

from apiflask import APIBlueprint

from db.models import Class
from labeller.answers import class_edits
from web.api import class_schemas as schemas
from web.api.paging import PageQuery, cut
from web.auth.identity import me
from web.database import db

blueprint = APIBlueprint("api_classes", __name__, tag="Classes")


@blueprint.get("/classes")
@blueprint.input(PageQuery, location="query")
@blueprint.output(schemas.ClassesOut)
@blueprint.doc(security="token")
def list_classes(query_data: PageQuery) -> Any:
    """The classes by id, those that were merged or retired included."""
    rows = class_edits.after(db(), query_data.cursor, query_data.ask_for)
    shown, after = cut(rows, query_data.limit, lambda row: row.id)
    return {"items": [_out(row) for row in shown], "next": after}


@blueprint.post("/classes")
@blueprint.input(schemas.ClassIn)
@blueprint.output(schemas.ClassOut, status_code=201)
@blueprint.doc(security="token")
def add_class(json_data: schemas.ClassIn) -> Any:
    """Add a class; a retired one comes back with its answers."""
    row = class_edits.add(db(), json_data.name, me())
    db().commit()
    return _out(row)


@blueprint.patch("/classes/<int:class_id>")
@blueprint.input(schemas.ClassIn)
@blueprint.output(schemas.ClassOut)
@blueprint.doc(security="token")
def rename_class(class_id: int, json_data: schemas.ClassIn) -> Any:
    """Rename a class everywhere; its earlier name may still be sent in answers."""
    row = class_edits.get(db(), class_id)
    class_edits.rename(db(), row.name, json_data.name, me())
    db().commit()
    return _out(row)


@blueprint.post("/classes/<int:class_id>/merge")
@blueprint.input(schemas.MergeIn)
@blueprint.output(schemas.ClassOut)
@blueprint.doc(security="token")
def merge_class(class_id: int, json_data: schemas.MergeIn) -> Any:
    """Count the answers of this class as another's."""
    row, into = class_edits.get(db(), class_id), class_edits.get(db(), json_data.into)
    class_edits.merge(db(), row.name, into.name, me())
    db().commit()
    return _out(row)


@blueprint.delete("/classes/<int:class_id>")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token")
def retire_class(class_id: int) -> Any:
    """Stop counting a class's answers; adding its name again brings them back."""
    class_edits.retire(db(), class_edits.get(db(), class_id).name, me())
    db().commit()
    return ""


def _out(row: Class) -> dict[str, Any]:
    faces = class_edits.counts(db()).get(row.name, 0)
    return {
        "id": row.id,
        "name": row.name,
        "faces": faces,
        "merged_into": row.merged_into_id,
        "retired": row.retired_at is not None,
    }
