"""Exports over JSON: asking for one, following it, and its file."""

from typing import Any

from apiflask import APIBlueprint
from flask import Response, url_for

from db.models import Export
from labeller.exports import requests
from web.api import export_schemas as schemas
from web.api.file_parts import stored_file
from web.api.paging import cut
from web.auth.identity import me
from web.database import db

ZIP: dict[str, dict[str, Any]] = {"application/zip": {"schema": {"type": "string", "format": "binary"}}}
FILE: dict[int | str, dict[str, str | dict[str, dict[str, Any]]]] = {
    200: {"description": "The zip file.", "content": ZIP},
    206: {"description": "The part that Range asks for.", "content": ZIP},
    416: {"description": "It is not that long."},
}

blueprint = APIBlueprint("api_exports", __name__, tag="Exports")


@blueprint.post("/exports")
@blueprint.input(schemas.ExportIn)
@blueprint.output(schemas.ExportAccepted, status_code=202)
@blueprint.doc(security="token")
def start_export(json_data: schemas.ExportIn) -> Any:
    """Have photos and labels written to a zip file in a format of other tools."""
    chosen = json_data.filter.model_dump(exclude_none=True) if json_data.filter else {}
    options = json_data.model_dump(include={"format", "crops", "names"})
    source = {"filter": chosen, "saved": json_data.saved_filter, "version": json_data.version}
    export = requests.request(db(), options | {"source": source}, me())
    db().commit()
    return {"id": export.id}


@blueprint.get("/exports")
@blueprint.input(schemas.ExportsQuery, location="query")
@blueprint.output(schemas.ExportsOut)
@blueprint.doc(security="token")
def list_exports(query_data: schemas.ExportsQuery) -> Any:
    """Exports, newest first."""
    rows = requests.recent(db(), query_data.cursor or None, query_data.ask_for)
    shown, after = cut(rows, query_data.limit, lambda export: export.id)
    return {"items": [export_out(export) for export in shown], "next": after}


@blueprint.get("/exports/<int:export_id>")
@blueprint.output(schemas.ExportOut)
@blueprint.doc(security="token")
def get_export(export_id: int) -> Any:
    """How far an export is, what is in it, and where its file is."""
    return export_out(requests.get(db(), export_id))


@blueprint.post("/exports/<int:export_id>/cancel")
@blueprint.output(schemas.ExportOut)
@blueprint.doc(security="token")
def cancel_export(export_id: int) -> Any:
    """Stop making an export."""
    requests.cancel(db(), requests.get(db(), export_id), me())
    db().commit()
    return export_out(requests.get(db(), export_id))


@blueprint.delete("/exports/<int:export_id>")
@blueprint.output({}, status_code=204)
@blueprint.doc(security="token")
def delete_export(export_id: int) -> Any:
    """Delete an export with its file, or stop making it."""
    requests.delete(db(), requests.get(db(), export_id), me())
    db().commit()
    return ""


@blueprint.get("/exports/<int:export_id>/file")
@blueprint.doc(security="token", responses=FILE)
def download_export(export_id: int) -> Response:
    """The file of an export; with `Range` a part of it, to go on with a download that broke off."""
    export = requests.get(db(), export_id)
    response = stored_file(requests.file_of(export), export.size or 0)
    if response.status_code == 200:
        requests.note_download(db(), export, me())
        db().commit()
    response.mimetype = "application/zip"
    name = f"second-look-{export.format}-{export.created_at:%Y-%m-%d}-{export.id}.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def export_out(export: Export) -> dict[str, Any]:
    """An export as the API returns it."""
    url = url_for("api_exports.download_export", export_id=export.id) if export.file else None
    times = {"created": export.created_at, "finished": export.finished_at, "expires": export.expires_at}
    same = ("id", "status", "progress", "error", "gone", "format", "crops", "names", "size")
    return {
        **{name: getattr(export, name) for name in same},
        **{name: time and time.isoformat() for name, time in times.items()},
        "url": url,
        "report": export.report or None,
        "filter": export.source.get("filter", {}),
        "saved_filter": export.source.get("saved"),
        "version": export.source.get("version"),
    }
