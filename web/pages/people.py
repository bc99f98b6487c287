"""Who takes part: inviting people, and renaming, merging or erasing each of them."""

from typing import Any

from apiflask import APIBlueprint
from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from db import audit
from db.models import Person
from db.settings import settings
from labeller.erasure import export
from labeller.erasure.mark import mark_person
from labeller.errors import BadAnswer
from labeller.people import credentials, invites, people
from labeller.reports import counts, gallery
from web.auth.access import session_list
from web.auth.identity import me, token
from web.auth.links import invitation_url, personal_url, qr_code
from web.database import db
from web.i18n import _
from web.input import number, optional_number
from web.pages.mine import archive

pages = APIBlueprint("people", __name__, enable_openapi=False)


@pages.get("/people")
def page() -> ResponseReturnValue:
    return _page()


@pages.post("/people/invite")
def invite() -> ResponseReturnValue:
    """Make a link. One for an owner takes a browser: it would outlive a token that made it."""
    form = request.form
    if token() is not None and form.get("role") == "owner":
        abort(403)
    try:
        terms = invites.Terms(
            optional_number(form, "uses"), number(form, "days", invites.DAYS), form.get("note", "")
        )
        secret, invitation = invites.create_invite(db(), form.get("role", "friend"), terms=terms, by=me())
    except BadAnswer as error:
        return _page(error=error), 400
    db().commit()
    url = invitation_url(secret)
    return _page(new_link={"url": url, "code": qr_code(url), "invite": invitation})


@pages.post("/people/invites/<int:invite_id>/revoke")
def revoke(invite_id: int) -> ResponseReturnValue:
    invites.revoke(db(), invite_id, me())
    db().commit()
    return redirect(url_for("people.page"))


@pages.get("/people/<int:person_id>")
def one(person_id: int) -> ResponseReturnValue:
    person = people.get_person(db(), person_id)
    others = people.to_choose_from(db(), Person.role == person.role, Person.id != person.id)
    return render_template(
        "people/person.html",
        contribution=counts.counts_of(db(), person),
        recent=gallery.photos_of(db(), person, limit=12).items,
        others=others,
        listed=people.LISTED,
        link=personal_url(person),
        **session_list(person),
        retires=settings().retire_on_erasure,
    )


@pages.post("/people/<int:person_id>/rename")
def rename(person_id: int) -> ResponseReturnValue:
    people.rename(db(), people.get_person(db(), person_id), request.form.get("name", ""), me())
    db().commit()
    return redirect(url_for("people.one", person_id=person_id))


@pages.post("/people/<int:person_id>/merge")
def merge(person_id: int) -> ResponseReturnValue:
    into = people.get_person(db(), number(request.form, "into", 0))
    people.merge(db(), people.get_person(db(), person_id), into, me())
    db().commit()
    return redirect(url_for("people.one", person_id=into.id))


@pages.post("/people/<int:person_id>/link")
def replace_link(person_id: int) -> ResponseReturnValue:
    credentials.replace_link(db(), people.get_person(db(), person_id), me())
    db().commit()
    return redirect(url_for("people.one", person_id=person_id))


@pages.get("/people/<int:person_id>/everything.zip")
def download(person_id: int) -> ResponseReturnValue:
    person = people.get_person(db(), person_id)
    audit.note(db(), "person_downloaded", me(), person=person.id)
    db().commit()
    return archive(export.export_person(db(), person))


@pages.post("/people/<int:person_id>/erase")
def erase(person_id: int) -> ResponseReturnValue:
    mark_person(db(), people.get_person(db(), person_id), me())
    db().commit()
    flash(_("All their photos are hidden now and deleted within seconds."))
    return redirect(url_for("people.page"))


def _page(new_link: dict[str, Any] | None = None, error: BadAnswer | None = None) -> str:
    rows = counts.counts_by_person(db(), number(request.args, "after", 0))
    return render_template(
        "people/people.html",
        participants=rows,
        more=rows[-1].person.id if len(rows) == counts.PEOPLE else None,
        invitations=[(invite, invites.is_open(invite)) for invite in invites.invites_for_new_people(db())],
        new_link=new_link,
        error=error,
    )
