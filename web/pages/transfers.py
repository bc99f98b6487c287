"""Import and export: files for other tools, made by a worker, and what is ready of them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from apiflask import APIBlueprint
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from db import classes
from db.errors import Refused
from db.i18n import N_
from db.models import Export
from labeller.datasets import saved_filters, tags, versions
from labeller.exports import known_formats, requests
from labeller.formats import formats
from labeller.people import people
from web.auth.identity import me
from web.database import db
from web.i18n import _
from web.input import day, optional_number
from web.pages.gallery import LOOKS
from web.pages.imports import import_form, imports_shown
from web.pages.refreshed import unless_known

pages = APIBlueprint("transfers", __name__, enable_openapi=False)

OF_FACES = ("state", "label", "look", "tag", "saved", "version")
"""Fields of a filter that the choice of a source stands for."""
CANNOT_CARRY = (
    N_("rejected boxes"),
    N_("proposals"),
    N_("scores"),
    N_("tags"),
    N_("people"),
    N_("classes"),
    N_("fractions of pixels"),
    N_("photos nobody looked at"),
    N_("trained models"),
    N_("ways to sign in"),
    N_("the audit trail"),
)
"""What formats say they lose, for the catalogue."""
TITLES = (N_("Folders"), N_("Second Look archive"))
"""Titles of formats that are not names alone, for the catalogue."""


@pages.get("/export")
def page() -> ResponseReturnValue:
    return _page()


@pages.get("/export/list")
def listed() -> ResponseReturnValue:
    """The part of the page that changes while exports are made."""
    return unless_known(render_template("transfers/_exports.html", **_listed()))


@pages.post("/export")
def start_export() -> ResponseReturnValue:
    form = request.form
    chosen: dict[str, Any] = dict(parse_qsl(form.get("source", "")))
    kept = {name: chosen.pop(name, None) for name in ("saved", "version")}
    chosen |= {"person": optional_number(form, "person")}
    chosen |= {name: value.isoformat() for name in ("since", "until") if (value := day(form, name))}
    options = {"crops": "crops" in form, "names": "names" in form}
    order = {"format": form.get("format", ""), "source": {"filter": chosen} | kept} | options
    try:
        requests.request(db(), order, me())
    except Refused as error:
        db().rollback()
        return _page(error, form), 400
    db().commit()
    return redirect(url_for(".page", _anchor="exports"))


@pages.post("/export/<int:export_id>/cancel")
def cancel_export(export_id: int) -> ResponseReturnValue:
    requests.cancel(db(), requests.get(db(), export_id), me())
    db().commit()
    return redirect(url_for(".page", _anchor="exports"))


@pages.post("/export/<int:export_id>/delete")
def delete_export(export_id: int) -> ResponseReturnValue:
    requests.delete(db(), requests.get(db(), export_id), me())
    db().commit()
    return redirect(url_for(".page", _anchor="exports"))


def _page(error: Refused | None = None, form: Mapping[str, str] | None = None) -> str:
    sent = request.args if form is None else form
    person = optional_number(sent, "person")
    return render_template(
        "transfers/transfers.html",
        error=error,
        sent=sent,
        sources=_sources(sent),
        formats=formats.OFFERED,
        cropping=known_formats.CROPPING,
        people=people.to_choose_from(db(), chosen=person),
        person=person,
        **import_form(),
        **imports_shown() | _listed(),
    )


def _sources(sent: Mapping[str, str]) -> list[tuple[str, str, bool]]:
    """Value, name and whether it is chosen; with the gallery's filter, if one leads here."""
    sources, chosen = _named_sources(), sent.get("source", _value(sent))
    if chosen not in dict(sources):
        name = _("The chosen version") if sent.get("version") else _("As filtered in the gallery")
        sources.insert(0, (chosen, name))
    return [(value, name, value == chosen) for value, name in sources]


def _value(chosen: Mapping[str, Any]) -> str:
    """What stands for these fields of a filter in the form."""
    return urlencode({name: chosen[name] for name in OF_FACES if chosen.get(name)})


def _named_sources() -> list[tuple[str, str]]:
    """Each by its value."""
    sources = [("", _("All photos")), ("state=confirmed", _("Photos with labelled faces"))]
    sources += [
        (urlencode({"label": name}), _("Photos with “%(name)s”", name=name)) for name in classes.names(db())
    ]
    sources.append(("state=proposed", _("Photos with faces to label")))
    sources += [(f"look={look}", _("Photos with: %(what)s", what=_(text))) for look, text in LOOKS.items()]
    sources += [(f"saved={one.id}", one.name) for one in saved_filters.all_filters(db())]
    sources += [(f"tag={one.tag.id}", _("Tag: %(name)s", name=one.tag.name)) for one in tags.all_tags(db())]
    sources += [
        (f"version={one.id}", _("Version: %(name)s", name=one.name)) for one in versions.to_choose_from(db())
    ]
    return sources


def _listed() -> dict[str, object]:
    """The exports, and what each is of."""
    names = dict(_named_sources())

    def of(export: Export) -> str:
        kept = export.source.get("filter", {})
        text = names.get(_value(kept | {**export.source, "filter": None}), _("filtered"))
        return text if set(kept) <= {*OF_FACES} else _("%(what)s, filtered", what=text)

    return {"exports": requests.shown(db()), "of": of, "titles": formats.TITLES}
