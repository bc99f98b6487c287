"""One's own ways in: sessions, and for the team a page with tokens and, for owners, passkeys."""

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labeller.errors import BadAnswer
from labeller.people import credentials, passkeys, sessions
from web.auth.access import session_list
from web.auth.identity import forget, me, visitor
from web.database import db
from web.i18n import _
from web.pages.passkeys import possible

pages = APIBlueprint("account", __name__, enable_openapi=False)


@pages.get("/profile")
def page() -> ResponseReturnValue:
    return _page()


@pages.post("/sessions/<int:session_id>/end")
def end_session(session_id: int) -> ResponseReturnValue:
    """End one of my sessions, maybe this one."""
    sessions.end(db(), session_id, me(), me())
    db().commit()
    return _back_after_ending(session_id)


@pages.post("/sessions/end")
def end_sessions() -> ResponseReturnValue:
    """Sign out everywhere, here as well."""
    sessions.end_all(db(), me(), me())
    db().commit()
    forget()
    return redirect(url_for("auth.hello"))


@pages.post("/profile/tokens")
def add_token() -> ResponseReturnValue:
    """A token of my own. Its secret is in this page alone."""
    form = request.form
    days = form.get("days", credentials.TOKEN_DAYS, type=int)
    terms = credentials.Terms(form.get("name", ""), form.get("scope", "all"), days)
    try:
        secret, _row = credentials.add_token(db(), me(), me(), terms)
    except BadAnswer as error:
        return _page(error=error), 400
    db().commit()
    return _page(new_token=secret)


@pages.post("/profile/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> ResponseReturnValue:
    credentials.revoke_token(db(), token_id, me())
    db().commit()
    flash(_("The token is revoked."))
    return redirect(url_for("account.page"))


def _back_after_ending(session_id: int) -> ResponseReturnValue:
    asking = visitor()
    if asking is not None and asking.session.id == session_id:
        forget()
        return redirect(url_for("auth.hello"))
    flash(_("That device is signed out."))
    return redirect(url_for("mine.page" if me().role == "friend" else "account.page"))


def _page(new_token: str | None = None, error: BadAnswer | None = None) -> str:
    return render_template(
        "account/account.html",
        tokens=credentials.tokens(db(), me()),
        revoke_url=lambda token_id: url_for("account.revoke_token", token_id=token_id),
        passkeys=passkeys.of_person(db(), me()) if me().role == "owner" else [],
        passkeys_possible=possible(),
        scopes=credentials.SCOPES,
        days=credentials.TOKEN_DAYS,
        new_token=new_token,
        error=error,
        **session_list(me()),
    )
