"""What all calls have in common, added to the OpenAPI document: names, headers, bounds, refusals."""

import re
from typing import Any

from apiflask import APIFlask
from werkzeug.routing import Map

from web.api.examples import Examples
from web.auth.token_scopes import LEASING
from web.input import MAX_ID

ERROR = {
    "type": "object",
    "required": ["error"],
    "example": {
        "error": {
            "code": "no_such_photo",
            "message": "There is no such photo.",
            "hint": "It may have been deleted.",
        }
    },
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "hint"],
            "properties": {name: {"type": "string"} for name in ("code", "message", "hint")},
        }
    },
}
"""Further fields stand beside `error` where a client needs them to go on."""
REFUSALS = {
    "400": "What was sent cannot be used.",
    "401": "Nobody is signed in, or the token is not valid.",
    "403": "This person, or this token, may not do it.",
    "404": "It does not exist, or no longer.",
    "405": "This address takes another method.",
    "409": "The request is valid, but the state does not allow it.",
    "413": "More bytes or pixels than are accepted.",
    "422": "A field is missing, unknown or out of bounds.",
    "429": "Too much at once: wait as long as Retry-After says.",
    "503": "Busy, or a part is away: wait as long as Retry-After says.",
    "507": "The disk is nearly full.",
}


IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Made by you, once per request: the same again is answered as the first, for 24 hours.",
    "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
    "example": "0b1c9a1e-7a56-4b0c-9a3e-3f6f2f0f6f1d",
}
IF_NONE_MATCH: dict[str, Any] = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the answer that you have.",
    "schema": {"type": "string"},
}
ETAG: dict[str, Any] = {
    "description": "Changes with the content; weak, since what is on the way may compress it.",
    "schema": {"type": "string"},
}
NOT_READ = {endpoint.partition(".")[2] for endpoint in LEASING}
_PARAMETER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")


def init_app(app: APIFlask) -> None:
    @app.spec_processor  # type: ignore[arg-type]
    def complete(spec: dict[str, Any]) -> dict[str, Any]:
        return _complete(spec, _names(app.url_map))


def _names(routes: Map) -> dict[tuple[str, str], str]:
    """The operationId of each path and method: the name of its view, which clients call it by."""
    return {
        (_PARAMETER.sub(r"{\1}", rule.rule), method.lower()): rule.endpoint.partition(".")[2]
        for rule in routes.iter_rules()
        for method in rule.methods or ()
    }


def _complete(spec: dict[str, Any], names: dict[tuple[str, str], str]) -> dict[str, Any]:
    schemas = spec.setdefault("components", {}).setdefault("schemas", {})
    schemas["Error"] = ERROR
    examples = Examples(schemas)
    spec["tags"] = [{"name": name} for name in dict.fromkeys(tag["name"] for tag in spec["tags"])]
    for path, methods in spec["paths"].items():
        for method, call in methods.items():
            call["operationId"] = names[path, method]
            _add_headers(call, method)
            _describe_parameters(call, examples)
            _add_body_examples(call, examples)
            for status, text in REFUSALS.items():
                described = call["responses"].setdefault(status, {"description": text})
                described["content"] = {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Error"}}
                }
    return spec


def _add_headers(call: dict[str, Any], method: str) -> None:
    """What `idempotency` and `etags` do for every call."""
    parameters = call.setdefault("parameters", [])
    if method == "post":
        parameters.append(IDEMPOTENCY_KEY)
    answered = call["responses"].get("200", {}).get("content", {})
    if method == "get" and "application/json" in answered and call["operationId"] not in NOT_READ:
        parameters.append(IF_NONE_MATCH)
        call["responses"]["200"].setdefault("headers", {})["ETag"] = ETAG
        call["responses"]["304"] = {"description": "The answer is still the one that you have."}


def _describe_parameters(call: dict[str, Any], examples: Examples) -> None:
    for parameter in call["parameters"]:
        schema = parameter["schema"]
        if parameter["in"] == "path" and schema.get("type") == "integer":
            schema |= {"minimum": 0 if parameter["name"] == "part" else 1, "maximum": MAX_ID}
        if schema.pop("deprecated", False):
            parameter["deprecated"] = True
        if (
            parameter["in"] != "header"
            and (value := examples.parameter(parameter["name"], schema)) is not None
        ):
            parameter["example"] = value


def _add_body_examples(call: dict[str, Any], examples: Examples) -> None:
    for content in call.get("requestBody", {}).get("content", {}).values():
        content["example"] = examples.body(content["schema"])
    for response in call["responses"].values():
        for mimetype, content in response.get("content", {}).items():
            if mimetype == "application/json" and content["schema"]:
                content["example"] = examples.answer(content["schema"])
