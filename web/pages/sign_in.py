"""The pages that sign people in and out: invitations, personal links, and the page for strangers."""

from apiflask import APIBlueprint
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from labeller.errors import BadAnswer
from labeller.people import consent, credentials, invites
from web.auth import identity
from web.auth.identity import current, sign_in
from web.database import db
from web.pages.passkeys import possible

pages = APIBlueprint("auth", __name__, enable_openapi=False)


@pages.get("/i/<secret>")
def invitation(secret: str) -> ResponseReturnValue:
    """Show what the link is for. Only the button uses it up, so a link preview does not."""
    return _invitation(secret)


@pages.post("/i/<secret>")
def accept(secret: str) -> ResponseReturnValue:
    invited = invites.find_open(db(), secret).person_id is None
    try:
        person = invites.accept(db(), secret, request.form.get("name", ""), "consent" in request.form)
    except BadAnswer as error:
        return _invitation(secret, error), 400
    sign_in(person, "invitation" if invited else "owner link")
    db().commit()
    return redirect(url_for("upload.page" if person.role == "friend" else "home.page"))


@pages.get("/me/<secret>")
def personal(secret: str) -> ResponseReturnValue:
    """Ask before signing in, so that nobody is signed in as somebody else by accident."""
    return render_template("auth/welcome.html", person=credentials.person_of_link(db(), secret))


@pages.post("/me/<secret>")
def come_back(secret: str) -> ResponseReturnValue:
    sign_in(credentials.person_of_link(db(), secret), "personal link")
    db().commit()
    return redirect(url_for("home.page"))


@pages.post("/out")
def sign_out() -> ResponseReturnValue:
    identity.sign_out()
    db().commit()
    return redirect(url_for("auth.hello"))


@pages.get("/hello")
def hello() -> ResponseReturnValue:
    """The page for somebody who comes without a link."""
    return render_template("auth/hello.html", passkeys_possible=possible())


def _invitation(secret: str, error: BadAnswer | None = None) -> str:
    invite = invites.find_open(db(), secret)
    person = current()
    return render_template(
        "auth/invitation.html",
        role=invite.role,
        is_sign_in_link=invite.person_id is not None,
        signed_in_as=person if person and person.role == invite.role else None,
        error=error,
        consent_text=consent.wording(),
    )
