"""The audit trail for owners: who did what, filtered, and as a file."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from apiflask import APIBlueprint
from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from db import audit
from db.errors import NotFound
from db.session import session_scope
from labeller.people import people
from labeller.reports import audit_trail
from labeller.reports.audit_sentences import GROUPS
from web.auth.identity import me
from web.database import db
from web.i18n import _
from web.input import day, optional_number

pages = APIBlueprint("audit", __name__, enable_openapi=False)

PIECE = 16 << 10


@pages.get("/audit")
def page() -> ResponseReturnValue:
    chosen = _chosen()
    entries, more = audit_trail.page(db(), chosen, optional_number(request.args, "before"))
    return render_template(
        "care/audit.html",
        entries=[(entry, _(entry.sentence) % _named(entry.values)) for entry in entries],
        more=more,
        chosen=chosen,
        groups=GROUPS,
        everyone=people.to_choose_from(db(), chosen=chosen.person_id),
        filters=_filters(),
    )


@pages.get("/audit.<ending>")
def export(ending: str) -> ResponseReturnValue:
    """The entries of the filter, oldest first, as CSV (`csv`) or as lines of JSON (`jsonl`)."""
    if ending not in ("csv", "jsonl"):
        raise NotFound("no_such_format", "There is no such format.", "There are audit.csv and audit.jsonl.")
    chosen = _chosen()
    audit.note(db(), "audit_exported", me())
    db().commit()
    kind = "text/csv; charset=utf-8" if ending == "csv" else "application/x-ndjson"
    response = Response(_csv(chosen) if ending == "csv" else _json(chosen), content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="second-look-audit.{ending}"'
    return response


def _chosen() -> audit_trail.Filter:
    values = request.args
    group = values.get("group") or None
    return audit_trail.Filter(
        person_id=optional_number(values, "person"),
        group=group if group in GROUPS else None,
        first=day(values, "first"),
        last=day(values, "last"),
    )


def _filters() -> dict[str, str]:
    """The filter as in the address, for links that keep it."""
    return {name: value for name in ("person", "group", "first", "last") if (value := request.args.get(name))}


def _named(values: Any) -> dict[str, Any]:
    named = {key: _(audit_trail.ERASED) if value == "" else value for key, value in values.items()}
    return defaultdict(lambda: "…", named)


def _json(chosen: audit_trail.Filter) -> Iterator[str]:
    with session_scope() as session:
        for entry in audit_trail.everything(session, chosen):
            yield f"{audit_trail.as_json(entry)}\n"


def _csv(chosen: audit_trail.Filter) -> Iterator[str]:
    lines = io.StringIO()
    writer = csv.writer(lines, quoting=csv.QUOTE_ALL)
    writer.writerow(audit_trail.COLUMNS)
    with session_scope() as session:
        for entry in audit_trail.everything(session, chosen):
            writer.writerow(audit_trail.as_row(entry))
            if lines.tell() > PIECE:
                yield lines.getvalue()
                lines.seek(0)
                lines.truncate()
    yield lines.getvalue()
