"""What all calls have in common, added to the OpenAPI document: names, bounds of ids, answers to errors."""

import re
from typing import Any

from apiflask import APIFlask
from werkzeug.routing import Map

from web.input import MAX_ID

ERROR = {
    "type": "object",
    "required": ["error"],
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
    spec.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR
    spec["tags"] = [{"name": name} for name in dict.fromkeys(tag["name"] for tag in spec["tags"])]
    for path, methods in spec["paths"].items():
        for method, call in methods.items():
            call["operationId"] = names[path, method]
            for parameter in call.get("parameters", ()):
                if parameter["schema"].pop("deprecated", False):
                    parameter["deprecated"] = True
                if parameter["in"] == "path" and parameter["schema"].get("type") == "integer":
                    first = 0 if parameter["name"] == "part" else 1
                    parameter["schema"] |= {"minimum": first, "maximum": MAX_ID}
            for status, text in REFUSALS.items():
                described = call["responses"].setdefault(status, {"description": text})
                described["content"] = {
                    "application/json": {"schema": {"$ref": "#/components/schemas/Error"}}
                }
    return spec
