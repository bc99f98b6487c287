"""The import half of the page of imports and exports."""

import json
from typing import Any

from apiflask import APIBlueprint
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from db.errors import BadInput
from labeller.formats import formats
from labeller.imports import parts, requests
from web.api.import_schemas import ImportIn
from web.api.imports import LISTS, begin
from web.auth.identity import me
from web.database import db
from web.i18n import _
from web.pages.refreshed import unless_known

pages = APIBlueprint("imports", __name__, enable_openapi=False)

SHOWN = 5
LINES_SHOWN = 100
"""Of each kind; the API has more."""


@pages.post("/export/imports")
def start() -> ResponseReturnValue:
    begin(_sent())
    return redirect(url_for("transfers.page", _anchor="imports"))


@pages.get("/export/imports")
def listed() -> ResponseReturnValue:
    """The part of the page that changes while an import goes on."""
    return unless_known(render_template("transfers/_imports.html", **imports_shown()))


@pages.post("/export/imports/<int:import_id>/cancel")
def cancel(import_id: int) -> ResponseReturnValue:
    requests.cancel(db(), requests.get(db(), import_id), me())
    db().commit()
    return redirect(url_for("transfers.page", _anchor="imports"))


def import_form() -> dict[str, Any]:
    """What the form of an import needs beside formats and people."""
    return {"part_bytes": parts.PART_BYTES}


def imports_shown() -> dict[str, Any]:
    """The newest imports, with the first lines of the reports of those that are over."""
    rows = requests.recent(db(), limit=SHOWN)
    reports = {
        row.id: {remark: requests.lines(db(), row, remark, LINES_SHOWN) for remark in LISTS}
        for row in rows
        if row.finished_at is not None
    }
    return {"imports": rows, "reports": reports, "titles": formats.TITLES}


def _sent() -> ImportIn:
    """What the form sends. Raises BadInput."""
    fields: dict[str, Any] = {
        name: value for name, value in request.form.items() if value and name in ImportIn.model_fields
    }
    if pairs := _pairs(request.form.get("pairs", "")):
        fields["mapping"] = json.dumps(pairs)
    file = request.files.get("file")
    try:
        return ImportIn(**fields, file=file if file is not None and file.filename else None)
    except ValidationError as error:
        raise BadInput(
            "invalid_request", _("This form cannot be read."), _("Load the page again.")
        ) from error


def _pairs(text: str) -> dict[str, str]:
    """The class by each name of a dataset, a line each: NAME = CLASS. Raises BadInput."""
    pairs = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, target = line.rpartition("=")
        if not equals or not name.strip():
            raise BadInput("bad_pair", _("“%(line)s” names no class.", line=line), _("Write NAME = CLASS."))
        pairs[name.strip()] = target.strip()
    return pairs
