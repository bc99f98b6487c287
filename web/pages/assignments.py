"""What is assigned to whom: made from a filter, a tag or chosen faces, followed and taken back."""

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from db.errors import BadInput
from db.models import Person
from labeller.assignments import create, progress
from labeller.datasets import saved_filters, tags
from labeller.datasets.sources import Selection, with_tag
from labeller.people import people
from web.auth.identity import me
from web.database import db
from web.i18n import _, ngettext
from web.input import as_number, number, numbers
from web.pages.gallery import back

pages = APIBlueprint("assignments", __name__, enable_openapi=False)


@pages.get("/assignments")
def page() -> ResponseReturnValue:
    return render_template(
        "assignments/assignments.html",
        rows=progress.visible(db(), me()),
        team=people.to_choose_from(db(), Person.role != "friend"),
        tags=tags.all_tags(db()),
        saved_filters=saved_filters.all_filters(db()),
    )


@pages.post("/assignments")
def add() -> ResponseReturnValue:
    """Assign what a saved filter or a tag chooses now."""
    to, name = number(request.form, "person", 0), request.form.get("name", "")
    made = create.assign_selection(db(), me(), to, name, _selection(request.form.get("source", "")))
    db().commit()
    flash(_said(made))
    return redirect(url_for(".page"))


@pages.post("/gallery/assign")
def assign_chosen() -> ResponseReturnValue:
    """Assign the chosen faces."""
    to, name = number(request.form, "assign_to", 0), request.form.get("assign_name", "")
    made = create.assign_faces(db(), me(), to, name, numbers(request.form, "id"))
    db().commit()
    flash(_said(made))
    return back()


@pages.post("/assignments/<int:assignment_id>/withdraw")
def withdraw(assignment_id: int) -> ResponseReturnValue:
    create.withdraw(db(), me(), assignment_id)
    db().commit()
    return redirect(url_for(".page"))


def _selection(source: str) -> Selection:
    """Of the field `source`: `filter:ID` or `tag:ID`. Raises BadInput and NotFound."""
    kind, _separator, id = source.partition(":")
    if kind == "filter":
        return saved_filters.read(db(), saved_filters.get_filter(db(), as_number(id, "source")))
    if kind == "tag":
        return with_tag(tags.get_tag(db(), as_number(id, "source")).id)
    raise BadInput("no_source", _("Choose what to assign."), _("A saved filter or a tag."))


def _said(made: create.Made) -> str:
    who = made.assignment.person.name
    text = ngettext(
        "%(n)s face assigned to %(who)s.", "%(n)s faces assigned to %(who)s.", made.faces, who=who
    )
    if made.left_out:
        text += " "
        text += ngettext(
            "%(n)s stays out: it is in the locked set, or deleted.",
            "%(n)s stay out: they are in the locked set, or deleted.",
            made.left_out,
        )
    if made.more:
        text += " " + _("There are more: assign them once these are answered.")
    return text
