"""The OpenAPI document describes each call alike: with its name, its headers and examples that are valid."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from tests.client.documented import operations
from web import create_app

NOT_READ = ("get_queue", "get_agreed", "download_export")
"""What takes a lease, and a file."""


@pytest.fixture
def spec(data: object) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(create_app().spec))
    return document


def test_it_is_valid_and_every_example_fits_its_schema(spec: dict[str, Any]) -> None:
    validate(spec)
    seen, problems = 0, []
    for name, (_, _, call) in operations(spec).items():
        for where, schema, example in _examples(call):
            seen += 1
            whole = {**schema, "components": spec["components"]}
            problems += [
                f"{name} {where}: {e.message}" for e in Draft202012Validator(whole).iter_errors(example)
            ]
    assert problems == []
    assert seen > 2 * len(operations(spec))


def _examples(call: dict[str, Any]) -> list[tuple[str, dict[str, Any], Any]]:
    """Where, schema and example; a call without one of its body or of its answer fails by a KeyError."""
    found = [(one["name"], one["schema"], one["example"]) for one in call["parameters"] if "example" in one]
    contents = list(call.get("requestBody", {}).get("content", {}).values())
    for response in (one for status, one in call["responses"].items() if status < "300"):
        contents += [
            one for kind, one in response.get("content", {}).items() if "json" in kind and one["schema"]
        ]
    return found + [("body", one["schema"], one["example"]) for one in contents]


def test_names_are_unique_and_headers_are_named(spec: dict[str, Any]) -> None:
    assert len(operations(spec)) == sum(map(len, spec["paths"].values()))
    for name, (_, method, call) in operations(spec).items():
        headers = {one["name"] for one in call["parameters"] if one["in"] == "header"}
        assert ("Idempotency-Key" in headers) == (method == "post"), name
        is_read = method == "get" and name not in NOT_READ
        assert ("If-None-Match" in headers) == is_read, name
