"""Imports of datasets over JSON. A worker does them; see `labeller.imports`."""

import functools
from typing import Any

from apiflask import APIBlueprint
from flask import request

from db.models import Import
from labeller.errors import BadDataset
from labeller.imports import parts, requests
from labeller.imports.options import KEYS
from web.api import import_schemas as schemas
from web.api.paging import PageQuery, cut
from web.api.photos import shown_in
from web.auth.identity import me
from web.database import db

blueprint = APIBlueprint("api_imports", __name__, tag="Data in and out")

LISTS = {"conflict": "conflicts", "skipped": "skipped", "changed": "changed", "note": "notes"}
CHUNK_BYTES = 1 << 20


@blueprint.post("/imports")
@blueprint.input(schemas.ImportIn, location="form_and_files")
@blueprint.output(schemas.ImportAccepted, status_code=202)
@blueprint.doc(security="token", responses={413: "Too large.", 507: "The disk is full."})
def start_import(form_and_files_data: schemas.ImportIn) -> Any:
    """Send a dataset as an archive. It is checked as a whole, then imported; poll `GET /imports/{id}`."""
    row = begin(form_and_files_data)
    return {"id": row.id, "status": row.status}


def begin(sent: schemas.ImportIn) -> Import:
    """Store what was sent, ask for its import, and commit. Raises what `requests.request` does."""
    options = {key: value for key in KEYS if (value := getattr(sent, key)) is not None}
    if "voc_base" in options:
        options["voc_base"] = int(options["voc_base"])
    wishes = requests.Wishes(sent.format, shown_in(sent.person), options)
    row = requests.request(db(), me(), _upload(sent), wishes)
    db().commit()
    if sent.upload:
        parts.delete(me(), sent.upload)
    return row


def _upload(sent: schemas.ImportIn) -> requests.Upload:
    if sent.upload:
        return parts.joined(me(), sent.upload, sent.parts, sent.name or "archive")
    if sent.file is None:
        raise BadDataset("file_missing", "There is no archive.", "Send it as `file`, or in parts.")
    stream = sent.file.stream
    size = stream.seek(0, 2)
    stream.seek(0)
    chunks = iter(functools.partial(stream.read, CHUNK_BYTES), b"")
    return requests.Upload(sent.file.filename or "archive", size, chunks)


@blueprint.get("/imports")
@blueprint.input(PageQuery, location="query")
@blueprint.output(schemas.ImportsOut)
@blueprint.doc(security="token")
def list_imports(query_data: PageQuery) -> Any:
    """Imports of the last 30 days, newest first, without the lines of their reports."""
    rows = requests.recent(db(), query_data.cursor, query_data.ask_for)
    shown, after = cut(rows, query_data.limit, lambda row: row.id)
    return {"items": [summary_out(row) for row in shown], "next": after}


@blueprint.get("/imports/<int:import_id>")
@blueprint.output(schemas.ImportOut)
@blueprint.doc(security="token")
def get_import(import_id: int) -> Any:
    """How far an import is, and its report."""
    return import_out(requests.get(db(), import_id))


@blueprint.post("/imports/<int:import_id>/cancel")
@blueprint.output(schemas.ImportOut)
@blueprint.doc(security="token", responses={409: "It has ended already."})
def cancel_import(import_id: int) -> Any:
    """Stop an import. What came in stays."""
    requests.cancel(db(), requests.get(db(), import_id), me())
    db().commit()
    return import_out(requests.get(db(), import_id))


@blueprint.put("/imports/parts/<key>/<int(min=0):part>")
@blueprint.output(schemas.PartsOut)
@blueprint.doc(security="token", responses={413: "Too large."})
def send_import_part(key: str, part: int) -> Any:
    """Send one part of an archive as the body, under a key of 32 hexadecimal digits that you choose."""
    return {"part_bytes": parts.PART_BYTES, "parts": parts.keep(me(), key, part, request.get_data())}


@blueprint.get("/imports/parts/<key>")
@blueprint.output(schemas.PartsOut)
@blueprint.doc(security="token")
def list_import_parts(key: str) -> Any:
    """Which parts of an archive are here."""
    return {"part_bytes": parts.PART_BYTES, "parts": parts.arrived(me(), key)}


def summary_out(row: Import) -> dict[str, Any]:
    """An import as the API lists it."""
    return {
        "id": row.id,
        "status": row.status,
        "progress": row.progress,
        "error": row.error,
        "file_name": row.file_name,
        "format": row.format,
        "created": row.created_at.isoformat(),
        "finished": row.finished_at.isoformat() if row.finished_at else None,
    }


def import_out(row: Import) -> dict[str, Any]:
    """An import with its report as the API returns it."""
    lists = {
        name: [
            {"file": one.file, "place": one.place, "message": one.message, "photo_id": one.photo_id}
            for one in requests.lines(db(), row, remark)
        ]
        for remark, name in LISTS.items()
    }
    photos = {name: row.counts.get(name, 0) for name in ("new", "known", "faces")}
    counts = {name: row.counts.get(remark, 0) for remark, name in LISTS.items()}
    return summary_out(row) | {"report": photos | {"counts": counts} | lists}
