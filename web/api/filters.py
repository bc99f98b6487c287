"""Saved filters over JSON, and sending what one chooses to review."""

from dataclasses import asdict
from typing import Any

from apiflask import APIBlueprint

from db.errors import BadInput
from db.models import SavedFilter
from labeller.datasets import names, review, saved_filters, tags
from labeller.datasets.sources import EVERYTHING, Selection, with_tag
from web.api import dataset_schemas as schemas
from web.api.paging import cut
from web.auth.identity import me
from web.database import db

blueprint = APIBlueprint("api_filters", __name__, tag="Tags and filters")


@blueprint.get("/filters")
@blueprint.input(schemas.ListQuery, location="query")
@blueprint.output(schemas.FiltersOut)
@blueprint.doc(security="token")
def list_filters(query_data: schemas.ListQuery) -> Any:
    """The saved filters."""
    rows = saved_filters.filters_after(db(), query_data.cursor, query_data.ask_for)
    shown, after = cut(rows, query_data.limit, lambda saved: saved.id)
    return {"items": [filter_out(saved) for saved in shown], "next": after}


@blueprint.post("/filters")
@blueprint.input(schemas.FilterIn)
@blueprint.output(schemas.FilterOut, status_code=201)
@blueprint.doc(security="token", responses={409: "Another filter is called so."})
def save_filter(json_data: schemas.FilterIn) -> Any:
    """Save a filter under a name. It is evaluated anew whenever it is used."""
    saved = saved_filters.save(db(), json_data.name, json_data.selection())
    db().commit()
    return filter_out(saved)


@blueprint.put("/filters/<int:filter_id>")
@blueprint.input(schemas.NameIn)
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token", responses={409: "Another filter is called so."})
def rename_filter(filter_id: int, json_data: schemas.NameIn) -> Any:
    """Rename a saved filter."""
    names.rename(db(), saved_filters.get_filter(db(), filter_id), json_data.name)
    db().commit()
    return ""


@blueprint.delete("/filters/<int:filter_id>")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token")
def delete_filter(filter_id: int) -> Any:
    """Delete a saved filter; what it shows stays."""
    saved_filters.delete_filter(db(), saved_filters.get_filter(db(), filter_id), me())
    db().commit()
    return ""


@blueprint.post("/review")
@blueprint.input(schemas.SourceIn)
@blueprint.output(schemas.ReviewOut)
@blueprint.doc(security="token")
def send_to_review(json_data: schemas.SourceIn) -> Any:
    """Send the newest 1,000 faces of a filter, a tag or a saved filter to review, before what waits there."""
    sent = review.send_to_review(db(), me(), chosen(json_data))
    db().commit()
    counts = {name: getattr(sent.choice, name) for name in ("sent", "locked", "waiting", "gone")}
    return counts | {"more": sent.more}


def chosen(source: schemas.SourceIn) -> Selection:
    """What a request chooses. Raises BadInput for more than one way to choose, and NotFound."""
    if sum(way is not None for way in (source.filter, source.tag, source.saved_filter)) > 1:
        raise BadInput("several_sources", "Only one of filter, tag and saved_filter can be used.")
    if source.filter is not None:
        return source.filter.selection(whole_photos=source.whole_photos)
    if source.tag is not None:
        return with_tag(tags.get_tag(db(), source.tag).id, whole_photos=source.whole_photos)
    if source.saved_filter is not None:
        saved = saved_filters.get_filter(db(), source.saved_filter)
        return saved_filters.read(db(), saved, whole_photos=source.whole_photos)
    return EVERYTHING


def filter_out(saved: SavedFilter) -> dict[str, Any]:
    """A saved filter as the API returns it, its class by the present name."""
    selection = saved_filters.read(db(), saved)
    return {"id": saved.id, "name": saved.name, "view": selection.view} | asdict(selection.filter)
