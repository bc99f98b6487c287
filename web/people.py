"""Who takes part, and inviting more."""

from apiflask import APIBlueprint
from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from db.models import Answer, Person, Photo
from labeller import people
from web.database import db
from web.links import invitation_url

pages = APIBlueprint("people", __name__, enable_openapi=False)


@pages.get("/people")
def page() -> ResponseReturnValue:
    return _page(None)


@pages.post("/people/invite")
def invite() -> ResponseReturnValue:
    role = request.form.get("role", "friend")
    secret, expires = people.invite(db(), role)
    db().commit()
    return _page({"url": invitation_url(secret), "role": role, "expires": expires})


def _page(made: dict[str, object] | None) -> str:
    photos = select(func.count(Photo.id)).where(Photo.person_id == Person.id).scalar_subquery()
    answers = select(func.count(Answer.id)).where(Answer.person_id == Person.id).scalar_subquery()
    rows = db().execute(select(Person, photos, answers).order_by(Person.id)).all()
    return render_template("people.html", rows=rows, made=made)
