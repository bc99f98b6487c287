"""Security headers of every response."""

from flask import Flask, Response, request

from db.settings import settings
from web.serving import machine

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    )
)

WITH_WASM = f"{CONTENT_SECURITY_POLICY}; script-src 'self' 'wasm-unsafe-eval'"
"""Of the page that runs networks in the browser, and of its worker."""
WITH_WASM_ENDPOINTS = frozenset({"try_it.page", "try_it.worker"})

YEAR = 365 * 24 * 3600  # seconds


def init_app(app: Flask) -> None:
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    with_wasm = request.endpoint in WITH_WASM_ENDPOINTS
    response.headers["Content-Security-Policy"] = WITH_WASM if with_wasm else CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"  # keeps sign-in links from other sites
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"  # no other site shows our pictures,
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"  # nor holds a window of ours
    if _insists_on_tls():
        response.headers["Strict-Transport-Security"] = f"max-age={YEAR}"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _insists_on_tls() -> bool:
    """Whether browsers shall use nothing but https with this name from now on.

    Not with a certificate of our own authority: a phone that installs it later, or a workbench that goes back
    to http, would be locked out for a year, and so would everything else on that machine. For addresses and
    localhost browsers ignore it, or should.
    """
    own = settings()
    if own.tls == "auto" and own.tls_cert is None:
        return False
    host = machine.host_of(request.host)
    over_tls = request.is_secure or (own.base_url or "").startswith("https://")
    return over_tls and host != "localhost" and machine.address_of(host) is None
