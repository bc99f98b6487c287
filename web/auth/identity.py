"""Who sent the request: a bearer token, or a session on the server that a cookie names."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import structlog
from flask import Flask, Response, abort, current_app, g, request, session
from flask_wtf.csrf import CSRFProtect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from werkzeug.local import LocalProxy

from db import classes, outages
from db.models import Person, Token
from db.session import do_not_wait
from labeller.people import consent, credentials, people, sessions
from web.auth import cookies
from web.database import db

log = structlog.get_logger()
csrf = CSRFProtect()


@dataclass(frozen=True)
class Credential:
    """What a request was sent with: exactly one of the two ids."""

    session_id: int | None
    token_id: int | None


def init_app(app: Flask) -> None:
    app.session_interface = cookies.SessionCookie()
    csrf.init_app(app)
    app.before_request(_identify)
    app.after_request(_forget_old_cookie)
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


def visitor() -> sessions.Visitor | None:
    """The person and the session of this request; None for a bearer token or a stranger."""
    found: sessions.Visitor | None = g.get("visitor")
    return found


def token() -> Token | None:
    """The bearer token of this request, if it has one."""
    found: Token | None = g.get("token")
    return found


def credential() -> Credential:
    """What this request was sent with, to ask `still_signed_in` later."""
    asking, used = visitor(), token()
    return Credential(asking.session.id if asking else None, used.id if used else None)


def still_signed_in(database: Session, given: Credential) -> bool:
    """Whether a credential is valid at this moment: for responses that go on for long. One small query."""
    if given.token_id is not None:
        return credentials.token_still_stands(database, given.token_id)
    return given.session_id is not None and sessions.still_stands(database, given.session_id)


def must_consent() -> bool:
    """Whether this friend has to agree first. A token is only given to people who already agreed."""
    return consent.needed(me()) and not g.by_token


def sign_in(person: Person, how: sessions.How) -> None:
    """Begin a session of this browser, in place of the one that it has; the caller commits.

    Aborts with 403 for a bearer token: it must not turn into a session, which outlives it.
    """
    if g.by_token:
        abort(403)
    if (before := visitor()) is not None:
        sessions.sign_out(db(), before)
    session.clear()
    session.permanent = True
    session["id"], _row = sessions.begin(db(), person, how, request.user_agent.string)
    g.drop_old_cookie = bool(cookies.read_old(current_app))


def sign_out() -> None:
    """End the session of this browser; the caller commits."""
    if (asking := visitor()) is not None:
        sessions.sign_out(db(), asking)
    forget()


def forget() -> None:
    """Let this browser forget who it was, when its session has ended or its person leaves."""
    session.clear()
    g.drop_old_cookie = bool(cookies.read_old(current_app))


def protect() -> None:
    """Refuse forms that another site made this browser send; browsers never send bearer tokens so."""
    if request.method not in ("GET", "HEAD", "OPTIONS") and not g.by_token:
        csrf.protect()


def _identify() -> None:
    g.person, g.by_token, g.visitor, g.token, g.drop_old_cookie = None, False, None, None, False
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and secret:
        g.by_token = True
        _identify_bearer(secret.strip())
    elif "id" in session:
        _identify_browser(session["id"])
    elif cookies.OLD_NAME in request.cookies:
        _accept_old_cookie()


def _identify_bearer(secret: str) -> None:
    bearer = credentials.find_token(db(), secret)
    if bearer is None:
        _refuse_bearer()
    g.person, g.token = bearer.person, bearer.token
    _keep(lambda: credentials.touch_token(bearer.token))


def _refuse_bearer() -> NoReturn:
    """Every request with a bearer token that is not valid ends here."""
    abort(401)


def _identify_browser(secret: object) -> None:
    found = sessions.find(db(), secret)
    if found is None:
        return
    g.person, g.visitor = found.person, found
    if _keep(lambda: sessions.touch(db(), found.session)):
        session.modified = True  # the browser keeps the cookie for as long as the session lives


def _keep(touched: Callable[[], bool]) -> bool:
    """Commit that somebody was here, if it is to be noted; whether it was.

    No page waits for it: while others write, it is left to the next request. Who finds the disk full still
    sees the pages, which say so.
    """
    try:
        if not touched():
            return False
        do_not_wait(db())
        db().commit()
    except DBAPIError as error:
        if not outages.is_outage(error):  # as it is while others write
            log.warning("use_not_noted", error=type(error).__name__)
        db().rollback()
        return False
    return True


def _accept_old_cookie() -> None:
    """Sign in by a cookie of an earlier version; a page exchanges it for a session.

    The requests of a page for pictures and the like do not, since several at once would begin as many.
    """
    old = cookies.read_old(current_app)
    holder = db().get(Person, old["person"]) if isinstance(old.get("person"), int) else None
    if holder is None or not holder.old_cookies or holder.link_version != old.get("link"):
        return
    g.person = people.find_person(db(), holder.id)
    if g.person is None:
        return
    if request.method == "GET" and request.accept_mimetypes.best == "text/html":
        sign_in(g.person, "earlier cookie")
        db().commit()
    if isinstance(old.get("csrf_token"), str):  # pages that are open go on working
        session["csrf_token"] = old["csrf_token"]


def _forget_old_cookie(response: Response) -> Response:
    if g.get("drop_old_cookie"):
        response.delete_cookie(cookies.OLD_NAME)
    return response


def _class_names() -> tuple[str, ...]:
    """Read on first use, so that the error page works while the database is down."""
    if "classes" not in g:
        g.classes = classes.names(db())
    names: tuple[str, ...] = g.classes
    return names
