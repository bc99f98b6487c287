"""The certificate of this workbench's own authority, for phones and computers to install (TLS=auto)."""

from apiflask import APIBlueprint
from flask import abort, render_template, send_file
from flask.typing import ResponseReturnValue

from db.settings import settings
from web.auth.links import base_url
from web.serving import certificates

pages = APIBlueprint("certificate", __name__, enable_openapi=False)


@pages.get("/certificate")
def page() -> ResponseReturnValue:
    """How to install it; for anybody, since whoever comes for the first time is not signed in."""
    _require_own_authority()
    return render_template(
        "certificate/certificate.html",
        address=base_url(),
        fingerprint=certificates.authority_fingerprint(settings()),
    )


@pages.get("/ca.crt")
def file() -> ResponseReturnValue:
    _require_own_authority()
    path = certificates.authority_file(settings())
    return send_file(
        path, mimetype="application/x-x509-ca-cert", as_attachment=True, download_name="second-look.crt"
    )


def _require_own_authority() -> None:
    own = settings()
    if own.tls != "auto" or own.tls_cert is not None or not certificates.authority_file(own).exists():
        abort(404)
