"""Versions of the data: which there are, one of them, two side by side."""

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from db import classes
from db.i18n import N_
from db.models import Person
from labeller.datasets import compare, saved_filters, tags, versions
from labeller.datasets.sources import EVERYTHING, Selection, with_tag
from labeller.errors import NotFound
from web.auth.identity import me
from web.database import db
from web.i18n import _
from web.input import as_number, number, optional_number

pages = APIBlueprint("versions", __name__, enable_openapi=False)

SHOWN = 30
FACES_SHOWN = 60
KINDS: dict[compare.Kind, str] = {
    "added": N_("Added"),
    "removed": N_("Removed"),
    "relabelled": N_("Relabelled"),
    "moved": N_("Box moved"),
    "split": N_("Used for something else"),
}


@pages.get("/versions")
def page() -> ResponseReturnValue:
    by_run = request.args.get("made_by") == "run"
    rows = versions.versions_before(db(), number(request.args, "before", 0), SHOWN + 1, not by_run)
    return render_template(
        "versions/versions.html",
        by_run=by_run,
        versions=rows[:SHOWN],
        older=rows[SHOWN - 1].id if len(rows) > SHOWN else None,
        runs={version.id: versions.runs_of(db(), version, 3) for version in rows[:SHOWN]},
        choices=versions.to_choose_from(db()),
        tags=tags.all_tags(db()),
        saved_filters=saved_filters.all_filters(db()),
        class_names=classes.read(db()).own_names,
    )


@pages.post("/versions")
def make() -> ResponseReturnValue:
    form = request.form
    made = versions.make(db(), form.get("name", ""), _posted_source(), me(), form.get("note", ""))
    db().commit()
    text = _(
        "Version “%(name)s” has %(photos)s photos and %(faces)s boxes.",
        name=made.name, photos=made.photos, faces=made.faces,
    )  # fmt: skip
    flash(text)
    return redirect(url_for(".one", version_id=made.id))


@pages.get("/versions/<int:version_id>")
def one(version_id: int) -> ResponseReturnValue:
    version = versions.get_version(db(), version_id)
    return render_template(
        "versions/version.html",
        version=version,
        runs=versions.runs_of(db(), version),
        maker=db().get(Person, version.created_by) if version.created_by else None,
        choices=versions.to_choose_from(db()),
        class_names=classes.read(db()).own_names,
    )


@pages.post("/versions/<int:version_id>")
def edit(version_id: int) -> ResponseReturnValue:
    """Rename or delete a version."""
    version = versions.get_version(db(), version_id)
    if request.form.get("do") == "delete":
        versions.delete_version(db(), version, me())
        db().commit()
        flash(_("The version is deleted. Its photos stay."))
        return redirect(url_for(".page"))
    versions.rename(db(), version, request.form.get("name", ""), request.form.get("note", ""))
    db().commit()
    return redirect(url_for(".one", version_id=version.id))


@pages.get("/versions/compare")
def side_by_side() -> ResponseReturnValue:
    """Two versions; without them, two to choose."""
    choices = versions.to_choose_from(db())
    ids = [optional_number(request.args, name) for name in ("one", "other")]
    if None in ids:
        return render_template("versions/compare.html", choices=choices, found=None)
    first, other = (versions.get_version(db(), id or 0) for id in ids)
    found = compare.compare(db(), first, other)
    kind = _kind(found)
    shown, after = compare.page(found.faces[kind], number(request.args, "after", 0), FACES_SHOWN)
    return render_template(
        "versions/compare.html",
        choices=versions.to_choose_from(db(), first, other),
        found=found,
        first=first,
        other=other,
        kind=kind,
        kinds={one: _(text) for one, text in KINDS.items()},
        shown_kinds=[one for one in KINDS if found.faces[one] or one == kind],
        changed=compare.details(db(), first, other, shown),
        after=after,
        class_names=classes.read(db()).own_names,
    )


def _kind(found: compare.Differences) -> compare.Kind:
    """What the address asks for, else the first kind that there is."""
    for kind in KINDS:
        if request.args.get("kind") == kind:
            return kind
    return next((kind for kind in KINDS if found.faces[kind]), "added")


def _posted_source() -> Selection:
    """What the form chooses: "tag:3", "saved:4", or everything. Raises BadInput and NotFound."""
    kind, _separator, text = request.form.get("source", "").partition(":")
    whole = bool(request.form.get("whole_photos"))
    if not kind:
        return EVERYTHING
    if kind == "tag":
        return with_tag(tags.get_tag(db(), as_number(text, "source")).id, whole_photos=whole)
    if kind == "saved":
        saved = saved_filters.get_filter(db(), as_number(text, "source"))
        return saved_filters.read(db(), saved, whole_photos=whole)
    raise NotFound("no_such_source", _("There is no such choice."), _("Reload the page."))
