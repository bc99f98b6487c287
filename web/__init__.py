"""HTTP: parse, call one domain function, commit, render. The only package that imports Flask."""

from pathlib import Path

from apiflask import APIFlask

from db import logs, private_files
from db.settings import settings
from labeller.people import sessions

API = "/api/v1"


def create_app() -> APIFlask:
    """The application; it opens the database and the broker only when a request needs them."""
    from web import api, database, errors, i18n, input, notices, pages
    from web.api import etags, idempotency, openapi
    from web.auth import address_limits, headers, hosts, identity, input_text, links, permissions, rate_limits
    from web.cli import commands
    from web.drawing import charts, stored
    from web.observing import requests

    private_files.keep_private()
    private_files.tighten(settings().data)
    logs.configure()
    app = APIFlask(
        __name__,
        title="Second Look",
        version="1",
        spec_path=None,  # web.pages.documentation keeps what is made once
        docs_path=None,
        json_errors=False,
        static_folder=str(Path(__file__).parent / "static"),
    )
    _configure(app)
    # In the order in which they see a request: what is cheap to refuse comes before who is asking.
    first = (requests, input, database, errors, headers, address_limits, hosts, identity, rate_limits)
    for module in (*first, i18n, charts, stored, links, commands, notices):
        module.init_app(app)
    app.before_request(permissions.check)
    app.before_request(identity.protect)
    app.before_request(input_text.check)
    idempotency.init_app(app)
    etags.init_app(app)
    for blueprint in pages.blueprints():
        app.register_blueprint(blueprint)
    for blueprint in api.blueprints():
        app.register_blueprint(blueprint, url_prefix=API)
    openapi.init_app(app)
    return app


def _configure(app: APIFlask) -> None:
    app.config.update(
        SECRET_KEY=settings().signing_key(),
        PERMANENT_SESSION_LIFETIME=sessions.IDLE,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,  # identity does, each minute
        MAX_CONTENT_LENGTH=(settings().max_upload_mb + 1) << 20,
        MAX_FORM_MEMORY_SIZE=1 << 20,
        OPENAPI_VERSION="3.1.0",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.security_schemes = {"token": {"type": "http", "scheme": "bearer"}}
