"""HTTP: parse, call one domain function, commit, render. The only package that knows Flask."""

from datetime import timedelta
from pathlib import Path

from apiflask import APIFlask

from db import logs
from db.settings import settings

API = "/api/v1"
SESSION_DAYS = 90


def create_app() -> APIFlask:
    """The application; it opens the database and the broker only when a request needs them."""
    from web import (
        api,
        auth,
        commands,
        database,
        errors,
        gallery,
        home,
        label,
        links,
        mine,
        people,
        pictures,
        roles,
        runs,
        upload,
    )

    logs.configure()
    app = APIFlask(
        __name__,
        title="Second Look",
        version="1",
        spec_path=f"{API}/openapi.json",
        docs_path=None,
        json_errors=False,
        static_folder=str(Path(__file__).parent / "static"),
    )
    _configure(app)
    for module in (database, errors, auth, links, commands):
        module.init_app(app)
    app.before_request(roles.check)
    app.before_request(auth.protect)
    for page in (home, auth, upload, mine, pictures, label, gallery, runs, people):
        app.register_blueprint(page.pages)
    for blueprint in api.blueprints():
        app.register_blueprint(blueprint, url_prefix=API)
    return app


def _configure(app: APIFlask) -> None:
    app.config.update(
        SECRET_KEY=settings().signing_key(),
        PERMANENT_SESSION_LIFETIME=timedelta(days=SESSION_DAYS),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=(settings().base_url or "").startswith("https://"),
        MAX_CONTENT_LENGTH=(settings().max_upload_mb + 1) << 20,
        MAX_FORM_MEMORY_SIZE=1 << 20,
        OPENAPI_VERSION="3.1.0",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.security_schemes = {"token": {"type": "http", "scheme": "bearer"}}
