"""The API's documentation, for people and machines: made once, since it takes long and is for everybody."""

import functools

from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from web.i18n import language

pages = APIBlueprint("documentation", __name__, enable_openapi=False)

FRESH_SECONDS = 300
"""For which a browser does not ask again."""


@pages.get("/api/v1/docs")
def docs() -> ResponseReturnValue:
    return _answer(_page(_app(), language(), request.script_root), "text/html")


@pages.get("/api/v1/openapi.json")
def spec() -> ResponseReturnValue:
    return _answer(_spec(_app()), "application/json")


def _answer(text: str, mimetype: str) -> Response:
    response = Response(text, mimetype=mimetype)
    response.headers["Cache-Control"] = f"public, max-age={FRESH_SECONDS}"
    response.vary.add("Accept-Language")
    response.add_etag()
    response.make_conditional(request)
    return response


def _app() -> APIFlask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]


@functools.lru_cache(maxsize=32)
def _page(app: APIFlask, accepted: str, prefix: str) -> str:
    """The page as a stranger sees it: contexts of its own have neither person nor messages to show."""
    headers = {"Accept-Language": accepted}
    with (
        app.app_context(),
        app.test_request_context(headers=headers, environ_overrides={"SCRIPT_NAME": prefix}),
    ):
        return render_template("home/docs.html", spec=app.spec, csrf_token=lambda: "")


@functools.lru_cache(maxsize=4)
def _spec(app: APIFlask) -> str:
    return app.json.dumps(app.spec)
