"""Who is asking: a bearer token or a signed cookie; and the link that signs in."""

from apiflask import APIBlueprint
from flask import Flask, abort, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from werkzeug.local import LocalProxy

from db import classes
from db.models import Person
from db.settings import settings
from labeller.errors import BadAnswer
from labeller.people import consent, invites, people
from web.database import db

pages = APIBlueprint("auth", __name__, enable_openapi=False)
csrf = CSRFProtect()

TEAM_RATE, FRIEND_RATE, STRANGER_RATE = "200 per second", "60 per second", "5 per second"
"""Per person or address. The contract promises owners' and labellers' scripts 50 a second; one script in
one thread reaches 150 on a local machine, and should not have to count. A friend's page asks twice for
each photo that it sends."""


def current() -> Person | None:
    """Who sent this request."""
    person: Person | None = g.get("person")
    return person


def me() -> Person:
    """Who sent this request; 401 if nobody known did."""
    person = current()
    if person is None:
        abort(401)
    return person


def must_consent() -> bool:
    """Whether this friend's browser must ask first; who gave out a token has seen to it."""
    return consent.needed(me()) and not g.by_token


def init_app(app: Flask) -> None:
    csrf.init_app(app)
    app.before_request(_identify)
    limiter = Limiter(
        lambda: f"person:{person.id}" if (person := current()) else get_remote_address(),
        default_limits=[_rate],
        default_limits_exempt_when=lambda: request.blueprint in (None, "pictures", "home"),
        storage_uri=_limiter_storage(),
        strategy="fixed-window",
        headers_enabled=True,  # Retry-After among them
        in_memory_fallback_enabled=True,  # a broker that is away must not lock people out,
        swallow_errors=True,  # nor the fallback's race between threads (limits pull request 352)
    )
    limiter.init_app(app)
    app.after_request(_headers)
    app.jinja_env.filters["zip"] = zip
    app.context_processor(lambda: {"me": current(), "classes": LocalProxy(_classes)})


def _classes() -> tuple[str, ...]:
    """Read when a page first asks: the page that says that the database is away must not."""
    if "classes" not in g:
        g.classes = classes.names(db())
    names: tuple[str, ...] = g.classes
    return names


def _identify() -> None:
    g.person, g.by_token = None, False
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret:
        g.person = people.bearer(db(), secret.strip())
        g.by_token = True
        if g.person is None:
            abort(401)
        return
    if "person" in session:
        g.person = _signed_in(session["person"], session.get("link"))


def _signed_in(person_id: int, link_version: int | None) -> Person | None:
    """Whose cookie this is; a new personal link ends what was signed in before."""
    holder = db().get(Person, person_id)
    if holder is None or holder.link_version != link_version:
        return None
    return people.standing(db(), person_id)


def sign_in(person: Person) -> None:
    session.clear()
    session.permanent = True
    session["person"], session["link"] = person.id, person.link_version


def protect() -> None:
    """Refuse what another site's page had this browser send; a bearer token is never sent by itself."""
    if request.method not in ("GET", "HEAD", "OPTIONS") and not g.by_token:
        csrf.protect()


def _rate() -> str:
    person = current()
    if person is None:
        return STRANGER_RATE
    return FRIEND_RATE if person.role == "friend" else TEAM_RATE


def _limiter_storage() -> str:
    # The limiter knows the socket by another scheme than kombu.
    return settings().broker.replace("redis+socket://", "redis+unix://", 1)


def _headers(response: "ResponseReturnValue") -> ResponseReturnValue:
    made = make_response(response)
    policy = "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    policy += "frame-ancestors 'none'; form-action 'self'"
    made.headers["Content-Security-Policy"] = policy
    made.headers["X-Content-Type-Options"] = "nosniff"
    made.headers["Referrer-Policy"] = "same-origin"  # a sign-in link must not travel
    made.headers.setdefault("Cache-Control", "no-store")
    return made


@pages.get("/i/<secret>")
def invitation(secret: str) -> ResponseReturnValue:
    """Says what the link is for; only the button uses it up, so a link preview does not."""
    return _invitation(secret)


def _invitation(secret: str, error: BadAnswer | None = None) -> str:
    found = invites.find(db(), secret)
    known = found.person_id is not None
    here = person if (person := current()) and person.role == found.role else None
    text = consent.wording()
    return render_template(
        "auth/invitation.html", role=found.role, known=known, here=here, error=error, text=text
    )


@pages.post("/i/<secret>")
def accept(secret: str) -> ResponseReturnValue:
    try:
        person = invites.accept(db(), secret, request.form.get("name", ""), "consent" in request.form)
    except BadAnswer as error:
        return _invitation(secret, error), 400
    db().commit()
    sign_in(person)
    return redirect(url_for("upload.page" if person.role == "friend" else "home.page"))


@pages.get("/me/<secret>")
def personal(secret: str) -> ResponseReturnValue:
    """A button again, and not the link by itself: nobody is signed in as somebody else unawares."""
    return render_template("auth/welcome.html", person=people.by_personal_link(db(), secret))


@pages.post("/me/<secret>")
def come_back(secret: str) -> ResponseReturnValue:
    person = people.by_personal_link(db(), secret)
    sign_in(person)
    return redirect(url_for("home.page"))


@pages.post("/out")
def sign_out() -> ResponseReturnValue:
    session.clear()
    return redirect(url_for("auth.hello"))


@pages.get("/hello")
def hello() -> ResponseReturnValue:
    """For whoever comes without a link."""
    return render_template("auth/hello.html")
