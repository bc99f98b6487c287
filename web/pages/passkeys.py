"""Passkeys of owners: adding one on the profile, and signing in with it."""

import ipaddress
from typing import Any

from apiflask import APIBlueprint
from flask import Response, flash, jsonify, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from labeller.errors import BadAnswer
from labeller.people import passkeys
from web.auth import cookies
from web.auth.identity import me, sign_in
from web.database import db
from web.i18n import _

pages = APIBlueprint("passkeys", __name__, enable_openapi=False)


def possible() -> bool:
    """Whether browsers have passkeys at this address: it needs a name, and TLS unless it is localhost."""
    host = _site().host
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return cookies.is_secure() or host == "localhost"
    return False


@pages.post("/profile/passkeys/options")
def begin_adding() -> ResponseReturnValue:
    secret, options = passkeys.begin_adding(db(), _site(), me())
    return _begun(secret, options)


@pages.post("/profile/passkeys")
def add() -> ResponseReturnValue:
    name = _body().get("name")
    answer = _answer()
    passkeys.add(db(), _site(), me(), answer, name if isinstance(name, str) else "")
    db().commit()
    flash(_("The passkey is added. It signs you in on this device."))
    return jsonify(url=url_for("account.page"))


@pages.post("/hello/passkey/options")
def begin_sign_in() -> ResponseReturnValue:
    secret, options = passkeys.begin_sign_in(db(), _site())
    return _begun(secret, options)


@pages.post("/hello/passkey")
def finish_sign_in() -> ResponseReturnValue:
    sign_in(passkeys.sign_in(db(), _site(), _answer()), "passkey")
    db().commit()
    return jsonify(url=url_for("home.page"))


@pages.post("/profile/passkeys/<int:passkey_id>/rename")
def rename(passkey_id: int) -> ResponseReturnValue:
    passkeys.rename(db(), passkey_id, me(), request.form.get("name", ""))
    db().commit()
    return redirect(url_for("account.page"))


@pages.post("/profile/passkeys/<int:passkey_id>/remove")
def remove(passkey_id: int) -> ResponseReturnValue:
    passkeys.remove(db(), passkey_id, me())
    db().commit()
    flash(_("The passkey is removed."))
    return redirect(url_for("account.page"))


def _begun(secret: str, options: str) -> Response:
    db().commit()
    session["passkey"] = secret
    return Response(options, mimetype="application/json")


def _answer() -> passkeys.Answer:
    """What the authenticator said. Raises BadAnswer unless it is an object."""
    credential = _body().get("credential")
    if not isinstance(credential, dict):
        raise BadAnswer("no_credential", _("The passkey said nothing."), _("Reload the page and try again."))
    return passkeys.Answer(session.pop("passkey", None), credential)


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    return body if isinstance(body, dict) else {}


def _site() -> passkeys.Site:
    host = request.host
    scheme = "https" if cookies.is_secure() else "http"
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return passkeys.Site(name, f"{scheme}://{host}")
