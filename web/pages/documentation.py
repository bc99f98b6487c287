"""The API's documentation, for people and machines: made once, since it takes long and is for everybody."""

import functools
import json
from dataclasses import dataclass
from typing import Any

from apiflask import APIBlueprint, APIFlask
from flask import Response, current_app, render_template, request
from flask.typing import ResponseReturnValue

from web.auth.permissions import ALLOWED
from web.auth.roles import ALL
from web.i18n import language

pages = APIBlueprint("documentation", __name__, enable_openapi=False)

FRESH_SECONDS = 300
"""For which a browser does not ask again."""


@dataclass(frozen=True)
class Call:
    """A call as the page shows it."""

    name: str
    method: str
    path: str
    described: dict[str, Any]

    @property
    def roles(self) -> list[str]:
        """Who may send it; empty: everybody who is signed in."""
        allowed = next(roles for one, roles in ALLOWED.items() if one.partition(".")[2] == self.name)
        return [] if allowed == ALL else sorted(allowed)

    @property
    def parameters(self) -> list[dict[str, Any]]:
        """What the address holds, without what is no longer to be used."""
        sent = (one for one in self.described["parameters"] if one["in"] != "header")
        return [one for one in sent if not one.get("deprecated")]

    @property
    def has_key(self) -> bool:
        return self.method == "POST"

    @property
    def body(self) -> str | None:
        """An example of the JSON to send; None if none is sent."""
        content = self._sent.get("application/json")
        return None if content is None else _pretty(content["example"])

    @property
    def is_binary(self) -> bool:
        """Whether the bytes of a file are the body, without a form around them."""
        return self.name == "send_part"

    def fields(self, schemas: dict[str, Any]) -> list[tuple[str, dict[str, Any], bool]]:
        """Name, schema and whether it is required, of the fields of a form with a file."""
        content = self._sent.get("multipart/form-data")
        if content is None:
            return []
        schema = schemas[content["schema"]["$ref"].rpartition("/")[2]]
        return [(name, one, name in schema.get("required", ())) for name, one in schema["properties"].items()]

    @property
    def answer(self) -> str | None:
        """An example of the JSON that is answered."""
        for status, response in self.described["responses"].items():
            example = response.get("content", {}).get("application/json", {}).get("example")
            if status < "300" and example is not None:
                return _pretty(example)
        return None

    @property
    def _sent(self) -> dict[str, Any]:
        content: dict[str, Any] = self.described.get("requestBody", {}).get("content", {})
        return content


def _pretty(example: Any) -> str:
    return json.dumps(example, indent=2, ensure_ascii=False)


def _groups(spec: dict[str, Any]) -> dict[str, list[Call]]:
    """The calls of each tag, by address."""
    groups: dict[str, list[Call]] = {tag["name"]: [] for tag in spec["tags"]}
    for path, methods in sorted(spec["paths"].items()):
        for method, one in methods.items():
            groups[one["tags"][0]].append(Call(one["operationId"], method.upper(), path, one))
    return groups


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
        document: Any = app.spec
        shown = {"spec": document, "groups": _groups(document), "schemas": document["components"]["schemas"]}
        return render_template("docs/docs.html", **shown, csrf_token=lambda: "")


@functools.lru_cache(maxsize=4)
def _spec(app: APIFlask) -> str:
    return app.json.dumps(app.spec)
