"""The owner's view of other people's ways in: their sessions, and everybody's tokens."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from labeller.people import credentials, people, sessions
from web.auth.identity import me
from web.database import db
from web.i18n import _
from web.pages.people import pages


@pages.post("/people/<int:person_id>/sessions/<int:session_id>/end")
def end_session(person_id: int, session_id: int) -> ResponseReturnValue:
    sessions.end(db(), session_id, people.get_person(db(), person_id), me())
    db().commit()
    flash(_("That device is signed out."))
    return redirect(url_for("people.one", person_id=person_id))


@pages.post("/people/<int:person_id>/sessions/end")
def end_sessions(person_id: int) -> ResponseReturnValue:
    sessions.end_all(db(), people.get_person(db(), person_id), me())
    db().commit()
    flash(_("They are signed out everywhere. Their link still signs them in; replace it to prevent that."))
    return redirect(url_for("people.one", person_id=person_id))


@pages.get("/people/tokens")
def tokens() -> ResponseReturnValue:
    return render_template("people/tokens.html", tokens=credentials.tokens(db()), revoke_url=_revoke_url)


def _revoke_url(token_id: int) -> str:
    return url_for("people.revoke_token", token_id=token_id)


@pages.post("/people/tokens/<int:token_id>/revoke")
def revoke_token(token_id: int) -> ResponseReturnValue:
    credentials.revoke_token(db(), token_id, me())
    db().commit()
    flash(_("The token is revoked."))
    return redirect(url_for("people.tokens"))
