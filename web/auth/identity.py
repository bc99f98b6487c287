"""Who sent the request: a bearer token or a signed session cookie."""

from flask import Flask, abort, g, request, session
from flask_wtf.csrf import CSRFProtect
from werkzeug.local import LocalProxy

from db import classes
from db.models import Person
from labeller.people import consent, credentials, people
from web.database import db

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    csrf.init_app(app)
    app.before_request(_identify)
    app.context_processor(lambda: {"me": current(), "classes": LocalProxy(_class_names)})


def current() -> Person | None:
    """The person who sent this request, None if nobody is signed in."""
    person: Person | None = g.get("person")
    return person


def me() -> Person:
    """The person who sent this request. Aborts with 401 if nobody is signed in."""
    person = current()
    if person is None:
        abort(401)
    return person


def must_consent() -> bool:
    """Whether this friend has to agree first. A token is only given to people who already agreed."""
    return consent.needed(me()) and not g.by_token


def sign_in(person: Person) -> None:
    session.clear()
    session.permanent = True
    session["person"], session["link"] = person.id, person.link_version


def protect() -> None:
    """Refuse forms that another site made this browser send; browsers never send bearer tokens so."""
    if request.method not in ("GET", "HEAD", "OPTIONS") and not g.by_token:
        csrf.protect()


def _identify() -> None:
    g.person, g.by_token = None, False
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret:
        g.person = credentials.person_of_token(db(), secret.strip())
        g.by_token = True
        if g.person is None:
            abort(401)
        return
    if "person" in session:
        g.person = _signed_in(session["person"], session.get("link"))


def _signed_in(person_id: int, link_version: int | None) -> Person | None:
    """The person of this cookie. Replacing the personal link ends all earlier sessions."""
    person = db().get(Person, person_id)
    if person is None or person.link_version != link_version:
        return None
    return people.find_person(db(), person_id)


def _class_names() -> tuple[str, ...]:
    """Read on first use, so that the error page works while the database is down."""
    if "classes" not in g:
        g.classes = classes.names(db())
    names: tuple[str, ...] = g.classes
    return names
