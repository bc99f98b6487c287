"""Tags over JSON."""

from typing import Any

from apiflask import APIBlueprint

from labeller.datasets import names, tags
from labeller.photos.access import get_photo
from web.api import dataset_schemas as schemas
from web.api.paging import cut
from web.auth.identity import me
from web.database import db

blueprint = APIBlueprint("api_tags", __name__, tag="Tags and filters")


@blueprint.get("/tags")
@blueprint.input(schemas.ListQuery, location="query")
@blueprint.output(schemas.TagsOut)
@blueprint.doc(security="token")
def list_tags(query_data: schemas.ListQuery) -> Any:
    """Every tag, and how many photos and faces have it."""
    rows = tags.tags_after(db(), query_data.cursor, query_data.ask_for)
    shown, after = cut(rows, query_data.limit, lambda row: row.tag.id)
    items = [
        {"id": row.tag.id, "name": row.tag.name, "photos": row.photos, "faces": row.faces} for row in shown
    ]
    return {"items": items, "next": after}


@blueprint.put("/tags")
@blueprint.input(schemas.TagIn)
@blueprint.output(schemas.TaggedOut)
@blueprint.doc(security="token")
def put_tag(json_data: schemas.TagIn) -> Any:
    """Put a tag on photos and faces; it is made if there is none of that name. Safe to repeat."""
    tag = tags.find_or_add(db(), json_data.name)
    changed = tags.put_on(db(), tag, json_data.targets)
    db().commit()
    return {"id": tag.id, "name": tag.name, "changed": changed}


@blueprint.put("/tags/<int:tag_id>/off")
@blueprint.input(schemas.TargetsIn)
@blueprint.output(schemas.TaggedOut)
@blueprint.doc(security="token")
def take_tag_off(tag_id: int, json_data: schemas.TargetsIn) -> Any:
    """Take a tag off photos and faces. Safe to repeat."""
    tag = tags.get_tag(db(), tag_id)
    changed = tags.take_off(db(), tag, json_data.targets)
    db().commit()
    return {"id": tag.id, "name": tag.name, "changed": changed}


@blueprint.put("/tags/<int:tag_id>")
@blueprint.input(schemas.NameIn)
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token", responses={409: "Another tag is called so."})
def rename_tag(tag_id: int, json_data: schemas.NameIn) -> Any:
    """Rename a tag."""
    names.rename(db(), tags.get_tag(db(), tag_id), json_data.name)
    db().commit()
    return ""


@blueprint.delete("/tags/<int:tag_id>")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token", responses={409: "A saved filter uses it."})
def delete_tag(tag_id: int) -> Any:
    """Take a tag off everything and delete it."""
    tags.delete_tag(db(), tags.get_tag(db(), tag_id), me())
    db().commit()
    return ""


@blueprint.get("/photos/<int:photo_id>/tags")
@blueprint.output(schemas.PhotoTagsOut)
@blueprint.doc(security="token")
def photo_tags(photo_id: int) -> Any:
    """The tags of a photo and of its faces."""
    found = tags.on_photo(db(), get_photo(db(), photo_id).id)
    by_part = {part: [tag.name for tag in some] for part, some in found.items()}
    return {"photo": by_part.pop(0, []), "faces": {str(face_id): some for face_id, some in by_part.items()}}
